import BitTorrentTypes
import BusServices
import Metainfo

/// From files to the metainfo of a torrent.
struct TorrentMaking: Sendable {
    let content: ContentScan
    let pieceLength: Int

    init(_ content: ContentScan, pieceLength: PieceLengthOption) throws(CommandFailure) {
        self.content = content
        switch pieceLength {
        case .automatic: self.pieceLength = MetainfoBuilder.automaticPieceLength(totalLength: content.totalLength)
        case .bytes(let length): self.pieceLength = length
        }
        do {
            _ = try PieceLayout(totalLength: content.totalLength, pieceLength: self.pieceLength)
        } catch {
            throw CommandFailure(
                "\(HumanUnits.bytes(content.totalLength)) in pieces of \(HumanUnits.bytes(self.pieceLength)) are more "
                    + "pieces than clients accept; choose a larger --piece-length"
            )
        }
    }

    /// The SHA-1 of every piece, one after another; fails when a file cannot be read or changes meanwhile.
    ///
    /// The hasher gets `runLength` bytes at a time, and `concurrency` such runs at the same time.
    func pieceHashes(
        by hasher: any HashingService,
        runLength: Int,
        concurrency: Int,
        display: ProgressDisplay
    ) async throws -> [UInt8] {
        let plan = HashPlan(
            files: content.files.map { ($0.path, $0.stamp.size) },
            pieceLength: pieceLength,
            runLength: runLength
        )
        let meter = HashMeter(name: content.name, state: "hashing", total: plan.totalLength, display: display)
        let digests = try await plan.digests(by: hasher, concurrency: concurrency) { meter.advance(to: $0) }
        var hashes: [UInt8] = []
        hashes.reserveCapacity(digests.count * InfoHash.byteCount)
        for digest in digests {
            switch digest {
            case .hashed(let piece): hashes += piece.sha1 ?? []
            case .unreadable(let reason):
                try content.checkUnchanged()
                throw CommandFailure("a file cannot be read: \(reason); check its permissions")
            }
        }
        try content.checkUnchanged()
        return hashes
    }

    /// The metainfo with all that does not come from the files set by `configure`.
    func metainfo(
        pieceHashes: [UInt8],
        configure: (inout MetainfoBuilder) -> Void
    ) throws(CommandFailure) -> Metainfo {
        var builder = MetainfoBuilder(
            name: content.name,
            files: content.files.map { ($0.components, $0.stamp.size) },
            isSingleFile: content.isSingleFile,
            pieceLength: pieceLength,
            pieceHashes: pieceHashes
        )
        configure(&builder)
        do {
            return try builder.build()
        } catch {
            throw CommandFailure("no torrent can be made of \(content.directory.appending(content.name)): \(error)")
        }
    }
}
