package import BitTorrentTypes

/// What a torrent moved over all its runs, in bytes, and what its last recheck took away.
package struct RecordedCounters: Hashable, Sendable {
    package var downloaded = 0
    package var uploaded = 0
    /// Received twice or thrown away.
    package var wasted = 0
    /// Received in pieces whose hash was wrong.
    package var hashFailed = 0
    /// Pieces, not bytes: lost by the last recheck.
    package var badPieces = 0
    /// Seconds, not bytes: as a complete torrent that ran.
    package var seedingSeconds = 0

    package init() {}
}

/// A torrent as the node's database keeps it.
package struct TorrentRecord: Sendable {
    /// Grows in the order in which torrents were added; `nil` before it is saved.
    package internal(set) var number: Int?
    package let infoHash: InfoHash
    /// The whole .torrent file.
    package var metainfo: [UInt8]
    package var directory: [UInt8]
    package var isPaused: Bool
    /// Unix seconds.
    package var addedAt: Int
    /// Peers that a person named.
    package var peers: [PeerAddress] = []
    package var counters = RecordedCounters()
    /// The bitfield of the verified pieces, in wire form.
    package var verified: [UInt8]
    /// Whether the last run ended in order, so that every stamp is that of the last write.
    package var isClean = false
    /// Stamps of the files, taken when their pieces were recorded.
    package var stamps: [Int: FileStamp] = [:]
    /// Why the torrent is stopped until a person resumes or rechecks it.
    package var held: String?
    /// Where the folder was at the last start.
    package var volume: Volume?
    /// A move of the files that is not over.
    package var move: RecordedMove?
    /// A check that is not over.
    package var check: RecordedCheck?
    package var options = TorrentOptions()
    /// Its place in the queue; those without one come after the others, as they were added.
    package var queuePosition: Int?

    package init(
        infoHash: InfoHash,
        metainfo: [UInt8],
        directory: [UInt8],
        isPaused: Bool,
        addedAt: Int,
        verified: Bitfield
    ) {
        self.infoHash = infoHash
        self.metainfo = metainfo
        self.directory = directory
        self.isPaused = isPaused
        self.addedAt = addedAt
        self.verified = verified.bytes
    }

    init(
        infoHash: InfoHash,
        metainfo: [UInt8],
        directory: [UInt8],
        isPaused: Bool,
        addedAt: Int,
        verifiedBytes: [UInt8]
    ) {
        self.infoHash = infoHash
        self.metainfo = metainfo
        self.directory = directory
        self.isPaused = isPaused
        self.addedAt = addedAt
        verified = verifiedBytes
    }
}
