import BitTorrentTypes
import BusServices
import Metainfo

/// What became of checking files against a torrent.
struct Verification: Hashable, Sendable {
    struct BadPiece: Hashable, Sendable {
        let index: Int
        /// `hash differs`, or why it could not be read.
        let reason: String
        /// Paths of the files that it has bytes of, joined with `/`.
        let files: [[UInt8]]
    }

    let pieceCount: Int
    let badPieces: [BadPiece]
    /// Files without bytes, so without pieces, that are missing.
    let missingEmptyFiles: [[UInt8]]

    var isGood: Bool { badPieces.isEmpty && missingEmptyFiles.isEmpty }

    /// The files with at least one bad piece, each once, in the torrent's order.
    var badFiles: [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return (badPieces.flatMap(\.files) + missingEmptyFiles).filter { seen.insert($0).inserted }
    }

    /// Hashes what lies at `root`, the torrent's file or folder, with all cores.
    static func run(_ metainfo: Metainfo, at root: BytePath, display: ProgressDisplay) async throws -> Verification {
        let zeros = try ZeroFile(length: metainfo.files.filter(\.isPadding).map(\.length).max() ?? 0)
        func path(of file: MetainfoFile) -> BytePath {
            file.isPadding ? zeros.path : metainfo.isSingleFile ? root : root.appending(file.path)
        }
        let plan = HashPlan(
            files: metainfo.files.map { (path(of: $0), $0.length) },
            pieceLength: metainfo.layout.pieceLength,
            runLength: metainfo.layout.totalLength
        )
        let meter = HashMeter(name: metainfo.name, state: "verifying", total: plan.totalLength, display: display)
        let digests = try await plan.digests(by: LocalHashing(), concurrency: 1) { meter.advance(to: $0) }
        let bad = zip(metainfo.layout.pieces, digests).compactMap { piece, digest -> BadPiece? in
            let reason: String
            switch digest {
            case .hashed(let hashes):
                if hashes.sha1?.elementsEqual(metainfo.hash(of: piece)) == true { return nil }
                reason = "hash differs"
            case .unreadable(let text):
                reason = text
            }
            let start = metainfo.layout.start(of: piece)
            let spans = metainfo.spans(of: start..<start + metainfo.layout.length(of: piece))
            let files = spans.map { metainfo.files[$0.fileIndex].joinedPath }
            return BadPiece(index: piece.rawValue, reason: reason, files: files)
        }
        let missing = metainfo.files.filter { file in
            file.length == 0 && FileStamp(of: path(of: file), followingLinks: true)?.kind != .file
        }
        return Verification(
            pieceCount: metainfo.layout.pieceCount,
            badPieces: bad,
            missingEmptyFiles: missing.map(\.joinedPath)
        )
    }

    /// Where the data of `metainfo` lies: `path` itself, or inside it under the torrent's name.
    static func root(of metainfo: Metainfo, at path: BytePath) throws(CommandFailure) -> BytePath {
        guard let stamp = FileStamp(of: path, followingLinks: true) else {
            throw CommandFailure(.notFound, "\(path) is not there; name the file or folder to verify")
        }
        if metainfo.isSingleFile {
            return stamp.kind == .folder ? path.appending(metainfo.name) : path
        }
        guard stamp.kind == .folder else {
            throw CommandFailure("\(path) is not a folder, but the torrent has one; name the folder to verify")
        }
        let inside = path.appending(metainfo.name)
        let isInside =
            path.lastComponent != metainfo.name && FileStamp(of: inside, followingLinks: true)?.kind == .folder
        return isInside ? inside : path
    }
}

extension MetainfoFile {
    /// Components joined with `/`.
    var joinedPath: [UInt8] { Array(path.joined(separator: [UInt8(ascii: "/")])) }
}
