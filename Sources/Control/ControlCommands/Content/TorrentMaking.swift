import BitTorrentTypes
import BusServices
import MerkleTree
import Metainfo

/// From files to the metainfo of a torrent.
struct TorrentMaking: Sendable {
    /// What the pieces of the files hash to, as the metainfo wants it.
    struct Hashes: Hashable, Sendable {
        /// Version 1: 20 bytes a piece, in order.
        var pieces: [UInt8] = []
        /// Version 2: for each file the roots of the trees over its pieces, 32 bytes each.
        var layers: [[UInt8]] = []
    }

    let content: ContentScan
    /// In the order of their pieces.
    let files: [ContentScan.File]
    let version: MetainfoVersion
    let pieceLength: Int

    init(
        _ content: ContentScan,
        version: MetainfoVersion,
        pieceLength: PieceLengthOption
    ) throws(CommandFailure) {
        self.content = content
        self.version = version
        files = version.hasV2 ? Self.inFileTreeOrder(content.files) : content.files
        switch pieceLength {
        case .automatic: self.pieceLength = MetainfoBuilder.automaticPieceLength(totalLength: content.totalLength)
        case .bytes(let length): self.pieceLength = length
        }
        guard pieceCount <= PieceLayout.maximumPieceCount else {
            throw CommandFailure(
                "\(HumanUnits.bytes(content.totalLength)) in pieces of \(HumanUnits.bytes(self.pieceLength)) are more "
                    + "pieces than clients accept; choose a larger --piece-length"
            )
        }
    }

    private var pieceCount: Int {
        version.hasV2
            ? files.reduce(0) { $0 + pieceCount(of: $1.stamp.size) } : pieceCount(of: content.totalLength)
    }

    private func pieceCount(of length: Int) -> Int { length > 0 ? (length - 1) / pieceLength + 1 : 0 }

    private static func inFileTreeOrder(_ files: [ContentScan.File]) -> [ContentScan.File] {
        let keyed = files.map { (key: FileTreeOrder.key(of: $0.components), file: $0) }
        return keyed.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.file)
    }

    /// Throws what would be wrong with the torrent whatever its hashes are, so that nobody hashes for nothing.
    ///
    /// Names that are one on a disk that folds case, names no disk takes, too many pieces.
    func check() throws(CommandFailure) {
        var blank = Hashes()
        if version.hasV1 { blank.pieces = [UInt8](repeating: 0, count: pieceCountInV1 * PieceHashes.sha1ByteCount) }
        if version.hasV2 {
            blank.layers = files.map { file in
                // Not zeros: a root of zeros is refused.
                [UInt8](repeating: 1, count: pieceCount(of: file.stamp.size) * PieceHashes.merkleRootByteCount)
            }
        }
        _ = try metainfo(hashes: blank) { _ in }
    }

    /// A hybrid has padding between its files, and so as many pieces as its files have.
    private var pieceCountInV1: Int { version.hasV2 ? pieceCount : pieceCount(of: content.totalLength) }

    /// The files in order as slices, with the padding that a hybrid has behind them.
    var slices: [FileSlice] {
        files.flatMap { file in
            let slice = FileSlice(path: file.path.bytes, offset: 0, length: file.stamp.size)
            guard version == .hybrid, slice.length > 0 else { return [slice] }
            let padding = FileAlignment.paddingInHybrid(
                after: slice.length,
                pieceLength: pieceLength,
                fileCount: files.count
            )
            return padding > 0 ? [slice, .padding(padding)] : [slice]
        }
    }

    /// Hashes every piece; fails when a file cannot be read or changes meanwhile.
    ///
    /// The hasher gets jobs within `limit`, and `concurrency` of them at the same time.
    func hashes(
        by hasher: any HashingService,
        limit: HashPlan.Limit,
        concurrency: Int,
        display: ProgressDisplay
    ) async throws -> Hashes {
        try check()
        let plan = try HashPlan(PieceRuns.of(slices, pieceLength: pieceLength, version: version), limit: limit)
        let meter = HashMeter(name: content.name, state: "hashing", total: plan.totalLength, display: display)
        let task = HashTask(
            id: "create-" + String(UInt64.random(in: .min ... .max), radix: 36),
            kind: .create,
            name: content.name,
            bytesTotal: plan.totalLength
        )
        let outcomes = try await plan.outcomes(by: hasher, concurrency: concurrency, task: task) {
            meter.advance(to: $0)
        }
        let hashes = try hashes(in: outcomes)
        try content.checkUnchanged()
        return hashes
    }

    private func hashes(in outcomes: [PieceOutcome]) throws(CommandFailure) -> Hashes {
        var pieces: [PieceHashes] = []
        pieces.reserveCapacity(outcomes.count)
        for outcome in outcomes {
            switch outcome {
            case .hashed(let hashes):
                pieces.append(hashes)
            case .unreadable(let reason):
                try content.checkUnchanged()
                throw CommandFailure("a file cannot be read: \(reason); check its permissions")
            }
        }
        var hashes = Hashes()
        if version.hasV1 {
            hashes.pieces.reserveCapacity(pieces.count * PieceHashes.sha1ByteCount)
            for piece in pieces { hashes.pieces += piece.sha1 ?? [] }
        }
        if version.hasV2 {
            var rest = pieces[...]
            hashes.layers = files.map { file in
                let own = rest.prefix(pieceCount(of: file.stamp.size))
                rest = rest.dropFirst(own.count)
                return own.reduce(into: []) { $0 += $1.merkleRoot ?? [] }
            }
        }
        return hashes
    }

    /// The metainfo with all that does not come from the files set by `configure`.
    func metainfo(
        hashes: Hashes,
        configure: (inout MetainfoBuilder) -> Void
    ) throws(CommandFailure) -> Metainfo {
        var builder = MetainfoBuilder(
            version: version,
            name: content.name,
            files: files.map { ($0.components, $0.stamp.size) },
            isSingleFile: content.isSingleFile,
            pieceLength: pieceLength,
            pieceHashes: hashes.pieces,
            pieceLayers: hashes.layers
        )
        configure(&builder)
        do {
            return try builder.build()
        } catch {
            throw CommandFailure("no torrent can be made of \(content.directory.appending(content.name)): \(error)")
        }
    }
}
