import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import PieceHashing

/// A folder of its own for one test, removed afterwards.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "sessions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    subscript(name: String) -> URL { url.appending(path: name) }

    func path(_ name: String) -> [UInt8] { Array(self[name].path.utf8) }
}

/// Hashes in this process, with the code of the hasher-workers.
struct DirectHashing: HashingService {
    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        do {
            return try await PieceHasher(threads: 1).hash(job.runs, progress: progress)
        } catch {
            throw BusFault(.failed, "\(error)")
        }
    }
}

/// A tree of files and the torrent of it.
struct Payload {
    /// Spans pieces, shares pieces, has an empty file and a name that is not ASCII.
    static let files = [("a.bin", 300_000), ("leer", 0), ("ünicode/b.bin", 1_000_001), ("ünicode/c", 5), ("d", 70_000)]
    static let size = files.reduce(0) { $0 + $1.1 }

    let metainfo: Metainfo
    let content: [String: Data]

    /// Writes the files below `directory` and hashes them.
    static func make(in directory: URL, name: String = "tree", trackers: [[String]] = []) async throws -> Payload {
        var content: [String: Data] = [:]
        var state: UInt64 = 88_172_645_463_325_252
        for (path, length) in files {
            let bytes = (0..<length).map { _ in
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return UInt8(truncatingIfNeeded: state >> 32)
            }
            content[path] = Data(bytes)
            let file = directory.appending(path: name).appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: file)
        }
        let pieceLength = 32_768
        let run = try PieceRun(
            slices: files.filter { $0.1 > 0 }.map { path, length in
                let file = directory.appending(path: name).appending(path: path)
                return FileSlice(path: Array(file.path.utf8), offset: 0, length: length)
            },
            pieceLength: pieceLength
        )
        let outcomes = try await PieceHasher(threads: 1).hash([run]) { _ in }
        let hashes = outcomes.flatMap { outcome -> [UInt8] in
            if case .hashed(let hashes) = outcome { hashes.sha1 ?? [] } else { [] }
        }
        var builder = MetainfoBuilder(
            name: Array(name.utf8),
            files: files.map { (path: $0.0.utf8.split(separator: 0x2F).map { Array($0) }, length: $0.1) },
            isSingleFile: false,
            pieceLength: pieceLength,
            pieceHashes: hashes
        )
        builder.trackers = trackers
        return Payload(metainfo: try builder.build(), content: content)
    }

    func equals(_ directory: URL) -> Bool {
        content.allSatisfy { path, bytes in
            (try? Data(contentsOf: directory.appending(path: "tree").appending(path: path))) == bytes
        }
    }
}
