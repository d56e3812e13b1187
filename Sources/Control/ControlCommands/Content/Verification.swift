import BitTorrentTypes
import BusServices
import Metainfo

/// What became of checking files against a torrent.
///
/// A hybrid is checked in one pass against both of its versions. Padding is never looked for on the disk.
struct Verification: Hashable, Sendable {
    struct BadPiece: Hashable, Sendable {
        let index: Int
        /// `hash differs`, or why it could not be read.
        let reason: String
        /// Paths of the files that it has bytes of, joined with `/`; only those that are gone or too short, if any are.
        let files: [[UInt8]]
    }

    let pieceCount: Int
    let badPieces: [BadPiece]
    /// Files without bytes, so without pieces, that are missing.
    let missingEmptyFiles: [[UInt8]]
    /// Files with more bytes than the torrent says; what it says of them is in the pieces.
    var longFiles: [[UInt8]] = []

    var isGood: Bool { badPieces.isEmpty && missingEmptyFiles.isEmpty }

    /// The files with at least one bad piece, each once, in the torrent's order.
    var badFiles: [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return (badPieces.flatMap(\.files) + missingEmptyFiles).filter { seen.insert($0).inserted }
    }

    /// Hashes what lies at `root`, the torrent's file or folder, with all cores.
    static func run(_ metainfo: Metainfo, at root: BytePath, display: ProgressDisplay) async throws -> Verification {
        func path(of file: MetainfoFile) -> BytePath {
            metainfo.isSingleFile ? root : root.appending(file.path)
        }
        let slices = metainfo.files.map { file in
            file.isPadding
                ? FileSlice.padding(file.length)
                : FileSlice(path: path(of: file).bytes, offset: 0, length: file.length)
        }
        let runs = try PieceRuns.of(slices, pieceLength: metainfo.layout.pieceLength, version: metainfo.version)
        let plan = try HashPlan(runs, limit: .none)
        let meter = HashMeter(name: metainfo.name, state: "verifying", total: plan.totalLength, display: display)
        let sizes = metainfo.files.map { file in
            file.isPadding
                ? nil : FileStamp(of: path(of: file), followingLinks: true).map { $0.kind == .file ? $0.size : 0 }
        }
        let incomplete = Set(
            metainfo.files.indices.filter {
                !metainfo.files[$0].isPadding && sizes[$0] ?? -1 < metainfo.files[$0].length
            }
        )
        let outcomes = try await plan.outcomes(by: try LocalHashing(), concurrency: 1) { meter.advance(to: $0) }
        let bad = zip(metainfo.layout.pieces, outcomes).compactMap { piece, outcome -> BadPiece? in
            fault(of: outcome, expecting: metainfo.hashes(of: piece)).map { reason in
                let files = metainfo.files(of: piece)
                // The neighbours of a file that is gone or too short cannot be judged: they are not named.
                let gone = files.filter(incomplete.contains)
                let named = gone.isEmpty ? files : gone
                return BadPiece(
                    index: piece.rawValue,
                    reason: reason,
                    files: named.map { metainfo.files[$0].joinedPath }
                )
            }
        }
        let missing = metainfo.files.filter { file in
            file.length == 0 && !file.isPadding && FileStamp(of: path(of: file), followingLinks: true)?.kind != .file
        }
        return Verification(
            pieceCount: metainfo.layout.pieceCount,
            badPieces: bad,
            missingEmptyFiles: missing.map(\.joinedPath),
            longFiles: metainfo.files.indices.filter { sizes[$0] ?? 0 > metainfo.files[$0].length }
                .map { metainfo.files[$0].joinedPath }
        )
    }

    /// Why a piece is bad; `nil` for a good one.
    static func fault(of outcome: PieceOutcome, expecting expected: PieceHashes) -> String? {
        switch outcome {
        case .unreadable(let reason):
            return reason
        case .hashed(let hashes):
            if hashes == expected { return nil }
            let isHybrid = expected.sha1 != nil && expected.merkleRoot != nil
            // The same bytes cannot be right for one version and wrong for the other.
            if isHybrid, hashes.sha1 == expected.sha1 { return "hash of version 2 differs, so the torrent is wrong" }
            if isHybrid, hashes.merkleRoot == expected.merkleRoot {
                return "hash of version 1 differs, so the torrent is wrong"
            }
            return "hash differs"
        }
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

extension Metainfo {
    /// The files that `piece` has bytes of, by their places; padding is none.
    fileprivate func files(of piece: PieceIndex) -> [Int] {
        let start = layout.start(of: piece)
        let spans = spans(of: start..<start + layout.length(of: piece))
        return spans.map(\.fileIndex).filter { !files[$0].isPadding }
    }
}

extension MetainfoFile {
    /// Components joined with `/`.
    var joinedPath: [UInt8] { Array(path.joined(separator: [UInt8(ascii: "/")])) }
}
