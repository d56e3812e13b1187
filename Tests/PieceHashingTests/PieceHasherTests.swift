import BitTorrentTypes
import Crypto
import Glibc
import SeededRandom
import Synchronization
import Testing

@testable import PieceHashing

@Suite struct `Piece hasher` {
    @Test(arguments: HashPath.available)
    func `hashes the long example of FIPS 180 over several chunks`(path: HashPath) async throws {
        try await TemporaryFolder.with { folder in
            let file = try folder.write(Array(repeating: UInt8(ascii: "a"), count: 1_000_000), to: "a")
            let run = try PieceRun(slices: [FileSlice(path: file, offset: 0, length: 1_000_000)], pieceLength: 1 << 20)
            let digest = Hexadecimal.decode("34aa973cd4c4daa4f61eeb2bdbad27316534016f".utf8)
            #expect(try await PieceHasher(path: path).hash([run], progress: { _ in }) == [.sha1(#require(digest))])
        }
    }

    /// Pieces smaller than a chunk, just as long, a little longer, many chunks.
    private static let pieceLengths = [1...300, 1000...140_000, 16384...16384, 131_072...131_073, 130_000...300_000]

    @Test(arguments: HashPath.available, 0..<10)
    func `hashes pieces across random slices of files as if they were joined`(path: HashPath, seed: Int) async throws {
        try await TemporaryFolder.with { folder in
            var random = SeededGenerator(seed: UInt64(seed))
            let range = Self.pieceLengths[seed % Self.pieceLengths.count]
            let files = Int.random(in: 1...30, using: &random)
            let payload = try Payload(files: files, longest: range.upperBound * 2, in: folder, &random)
            let pieceLength = Int.random(in: range, using: &random)
            let run = try PieceRun(slices: payload.slices, pieceLength: pieceLength)
            let hasher = PieceHasher(threads: Int.random(in: 1...4, using: &random), path: path)
            let expected = Expected.sha1(payload.joined, pieceLength: pieceLength)
            #expect(try await hasher.hash([run, run], progress: { _ in }) == expected + expected)
        }
    }

    @Test(arguments: HashPath.available, 0..<6)
    func `makes the trees of BEP 52, alone and in one pass with SHA-1`(path: HashPath, seed: Int) async throws {
        try await TemporaryFolder.with { folder in
            var random = SeededGenerator(seed: UInt64(seed))
            let pieceLength = 16384 << Int.random(in: 0...4, using: &random)
            let length = seed == 0 ? 1 : Int.random(in: 1...pieceLength * 20, using: &random)
            let bytes = Payload.bytes(length, &random)
            let slice = FileSlice(path: try folder.write(bytes, to: "file"), offset: 0, length: length)
            let leaves = (min(length, pieceLength) + 16383) / 16384
            let width =
                length > pieceLength ? pieceLength / 16384 : 1 << (Int.bitWidth - (leaves - 1).leadingZeroBitCount)
            let padding = FileSlice.padding((pieceLength - length % pieceLength) % pieceLength)
            let runs = [
                try PieceRun(slices: [slice], pieceLength: pieceLength, hashes: .merkleRoot(treeWidth: width)),
                try PieceRun(slices: [slice, padding], pieceLength: pieceLength, hashes: .both(treeWidth: width)),
            ]
            let roots = bytes.split(every: pieceLength).map { PlainTree.root(of: $0, width: width) }
            let padded = (bytes + [UInt8](repeating: 0, count: padding.length)).split(every: pieceLength)
            let expected =
                roots.map { PieceOutcome.hashed(PieceHashes(sha1: nil, merkleRoot: $0)) }
                + zip(padded, roots).map { piece, root in
                    .hashed(PieceHashes(sha1: Array(Insecure.SHA1.hash(data: piece)), merkleRoot: root))
                }
            let hasher = PieceHasher(threads: 1 + seed % 3, path: path)
            #expect(try await hasher.hash(runs, progress: { _ in }) == expected)
        }
    }

    @Test func `answers calls that overlap, each with its own pieces`() async throws {
        try await TemporaryFolder.with { folder in
            var random = SeededGenerator(seed: 7)
            let hasher = PieceHasher(threads: 2)
            let calls = try (0..<12).map { number in
                let bytes = Payload.bytes(Int.random(in: 1...900_000, using: &random), &random)
                let path = try folder.write(bytes, to: "file-\(number)")
                let length = Int.random(in: 1000...100_000, using: &random)
                let slice = FileSlice(path: path, offset: 0, length: bytes.count)
                return (
                    run: try PieceRun(slices: [slice], pieceLength: length),
                    priority: number % 3 == 0 ? PieceHasher.Priority.interactive : .bulk,
                    expected: Expected.sha1(bytes, pieceLength: length)
                )
            }
            try await withThrowingTaskGroup { group in
                for call in calls {
                    group.addTask {
                        let outcomes = try await hasher.hash([call.run], priority: call.priority, progress: { _ in })
                        #expect(outcomes == call.expected)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `tells growing progress up to the last byte`() async throws {
        try await TemporaryFolder.with { folder in
            let path = try folder.write(Array(repeating: 1, count: 3_000_000), to: "file")
            let run = try PieceRun(slices: [FileSlice(path: path, offset: 0, length: 3_000_000)], pieceLength: 1 << 20)
            let heard = Mutex<[Int]>([])
            _ = try await PieceHasher(threads: 2).hash([run]) { bytes in heard.withLock { $0.append(bytes) } }
            let numbers = heard.withLock { $0 }
            #expect(numbers == numbers.sorted())
            #expect(numbers.last == 3_000_000)
        }
    }

    @Test func `has nothing to say about no bytes`() async throws {
        #expect(try await PieceHasher().hash([PieceRun(slices: [], pieceLength: 1)], progress: { _ in }).isEmpty)
    }

    @Test func `needs the same buffers for whatever it hashes`() {
        #expect(LaneSet.bufferLength == 2 << 20)
        #expect(Lane.chunkLength.isMultiple(of: PieceLayout.blockLength))
    }
}
