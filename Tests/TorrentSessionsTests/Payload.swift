import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import MerkleTree
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
    static func make(
        in directory: URL,
        name: String = "tree",
        version: MetainfoVersion = .v1,
        trackers: [[String]] = [],
        isPrivate: Bool = false
    ) async throws -> Payload {
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
        var builder = try await hashed(in: directory.appending(path: name), version)
        builder.name = Array(name.utf8)
        builder.trackers = trackers
        builder.isPrivate = isPrivate
        return Payload(metainfo: try builder.build(), content: content)
    }

    /// The files of version 1 as one run, or those of a hybrid each with its padding.
    private static func hashed(in folder: URL, _ version: MetainfoVersion) async throws -> MetainfoBuilder {
        let pieceLength = 32_768
        let ordered = files.map { (path: $0.0.utf8.split(separator: 0x2F).map { Array($0) }, length: $0.1) }
            .sorted { left, right in
                guard version.hasV2 else { return false }
                return FileTreeOrder.key(of: left.path).lexicographicallyPrecedes(FileTreeOrder.key(of: right.path))
            }
        func slice(_ file: (path: [[UInt8]], length: Int)) -> FileSlice {
            FileSlice(
                path: Array(folder.path.utf8) + [0x2F] + file.path.joined(separator: [0x2F]),
                offset: 0,
                length: file.length
            )
        }
        func run(_ file: (path: [[UInt8]], length: Int)) throws -> PieceRun {
            let padding = FileAlignment.paddingInHybrid(
                after: file.length,
                pieceLength: pieceLength,
                fileCount: ordered.count
            )
            return try PieceRun(
                slices: [slice(file), .padding(padding)],
                pieceLength: pieceLength,
                hashes: .both(treeWidth: MerkleTree.treeWidth(forLength: file.length, pieceLength: pieceLength))
            )
        }
        let full = ordered.filter { $0.length > 0 }
        let runs = version.hasV2 ? try full.map(run) : [try PieceRun(slices: full.map(slice), pieceLength: pieceLength)]
        var hashes: [PieceHashes] = []
        for outcome in try await PieceHasher(threads: 1).hash(runs, progress: { _ in }) {
            guard case .hashed(let piece) = outcome else { throw BusFault(.failed, "\(outcome)") }
            hashes.append(piece)
        }
        var builder = MetainfoBuilder(
            version: version,
            name: [],
            files: ordered,
            isSingleFile: false,
            pieceLength: pieceLength,
            pieceHashes: hashes.flatMap { $0.sha1 ?? [] }
        )
        guard version.hasV2 else { return builder }
        var rest = hashes[...]
        builder.pieceLayers = ordered.map { file in
            let count = (file.length + pieceLength - 1) / pieceLength
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).flatMap { $0.merkleRoot ?? [] }
        }
        return builder
    }

    func equals(_ directory: URL) -> Bool {
        content.allSatisfy { path, bytes in
            (try? Data(contentsOf: directory.appending(path: "tree").appending(path: path))) == bytes
        }
    }
}
