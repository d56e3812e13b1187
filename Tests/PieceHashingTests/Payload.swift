import BitTorrentTypes
import Crypto
import SeededRandom

@testable import PieceHashing

/// Slices of files with random bytes, and what they are when joined.
struct Payload {
    let slices: [FileSlice]
    let joined: [UInt8]

    /// Slices of up to `longest` bytes; some are padding.
    init(files: Int, longest: Int, in folder: TemporaryFolder, _ random: inout SeededGenerator) throws {
        var slices: [FileSlice] = []
        var joined: [UInt8] = []
        for number in 0..<files {
            guard Int.random(in: 0..<5, using: &random) > 0 else {
                let length = Int.random(in: 0...longest, using: &random)
                // A padding of no bytes is no file either.
                slices.append(.padding(length))
                joined += [UInt8](repeating: 0, count: length)
                continue
            }
            let bytes = Self.bytes(Int.random(in: 0...longest, using: &random), &random)
            let path = try folder.write(bytes, to: "file-\(number)")
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = Int.random(in: start...bytes.count, using: &random)
            slices.append(FileSlice(path: path, offset: start, length: end - start))
            joined += bytes[start..<end]
        }
        self.slices = slices
        self.joined = joined
    }

    static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        var words = (0..<(count + 7) / 8).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
        return words.withUnsafeMutableBytes { Array($0.prefix(count)) }
    }
}

/// BEP 52's tree over one piece, as the text says it: every leaf is made, and every pair hashed.
enum PlainTree {
    static func root(of bytes: [UInt8], width: Int) -> [UInt8] {
        var nodes = bytes.split(every: 16384).map { Array(SHA256.hash(data: $0)) }
        while nodes.count < width { nodes.append([UInt8](repeating: 0, count: 32)) }
        while nodes.count > 1 { nodes = nodes.split(every: 2).map { Array(SHA256.hash(data: $0[0] + $0[1])) } }
        return nodes[0]
    }
}

enum Expected {
    static func sha1(_ joined: [UInt8], pieceLength: Int) -> [PieceOutcome] {
        joined.split(every: pieceLength).map { .sha1(Array(Insecure.SHA1.hash(data: $0))) }
    }
}
