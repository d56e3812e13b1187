package import BitTorrentTypes
package import BusTransport

/// Where a torrent stands.
package enum TorrentState: String, CaseIterable, Hashable, Sendable {
    case queued, checking, downloading, seeding, paused, finished, error, missing
}

/// One torrent of a node, as `list` shows it.
///
/// - Units: sizes in bytes, rates in bytes a second.
package struct TorrentSummary: Hashable, Sendable {
    package var infoHash: InfoHash
    /// As in the metainfo: bytes that need not be UTF-8.
    package var name: [UInt8]
    package var state: TorrentState
    package var size: Int
    package var pieceLength: Int
    package var pieces: Int
    package var verifiedPieces = 0
    package var verifiedBytes = 0
    /// Payload received, wasted bytes included.
    package var downloaded = 0
    package var uploaded = 0
    package var downRate = 0.0
    package var upRate = 0.0
    package var peers = 0
    package var seeds = 0
    /// The process that has it, such as `peer-node/1`.
    package var node: String
    /// The file, or the folder of the files.
    package var path: [UInt8]
    package var error: String?
    /// Received twice or thrown away.
    package var wasted = 0
    package var hashFailed = 0
    /// Lost by the last recheck: verified before it, and not any more.
    package var badPieces = 0
    package var trackerStatus = ""
    /// Only its trackers may give peers (BEP 27).
    package var isPrivate = false
    /// 0…1 while `state` is `checking`.
    package var checkingProgress = 0.0
    /// Where the files are being moved to, how far that is (0…1), and why the last move failed.
    package var movingTo: [UInt8]?
    package var moveProgress = 0.0
    package var moveError: String?
    /// Unix seconds.
    package var addedAt: Int
    /// Until all that is wanted is there; `nil` when nobody can tell.
    package var etaSeconds: Int?
    /// Copies of the torrent among us and our peers: whole ones, and the part of one more; `nil` when it does not run.
    package var availability: Double?
    /// Of the files that are wanted.
    package var wantedBytes = 0
    package var wantedVerifiedBytes = 0
    /// The priorities and deadlines of the files are in the detail: here they are always empty.
    package var options = TorrentOptions()
    /// As a complete torrent that runs, over all runs.
    package var seedingSeconds = 0
    /// From 1; 0 when the node has no queue.
    package var queuePosition = 0
    /// It runs, and nothing has moved for a while.
    package var isStalled = false

    package init(
        infoHash: InfoHash,
        name: [UInt8],
        state: TorrentState,
        size: Int,
        pieceLength: Int,
        pieces: Int,
        node: String,
        path: [UInt8],
        addedAt: Int
    ) {
        self.infoHash = infoHash
        self.name = name
        self.state = state
        self.size = size
        self.pieceLength = pieceLength
        self.pieces = pieces
        self.node = node
        self.path = path
        self.addedAt = addedAt
    }
}

package struct TorrentDetail: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        /// Components joined with `/`.
        package let path: [UInt8]
        package let length: Int
        package let verifiedBytes: Int
        package let priority: FilePriority
        /// From now, while it lacks something and somebody wants it by then; less than 0 when that time is over.
        package let deadlineSeconds: Double?

        package init(
            path: [UInt8],
            length: Int,
            verifiedBytes: Int,
            priority: FilePriority = .normal,
            deadlineSeconds: Double? = nil
        ) {
            self.path = path
            self.length = length
            self.verifiedBytes = verifiedBytes
            self.priority = priority
            self.deadlineSeconds = deadlineSeconds
        }
    }

    package struct Tracker: Hashable, Sendable {
        package let url: String
        package let tier: Int
        package let status: String
        package let seeders: Int
        package let leechers: Int
        package let nextAnnounceSeconds: Double
        /// A warning or a failure, as the tracker put it; else empty.
        package let message: String
        package let isWorking: Bool
        /// Announces in a row that came to nothing.
        package var failures = 0
        /// Completed downloads, when a scrape told.
        package var downloaded: Int?
        /// Where it sees us (BEP 24).
        package var externalIP: IPAddress?

        package init(
            url: String,
            tier: Int,
            status: String,
            seeders: Int,
            leechers: Int,
            nextAnnounceSeconds: Double,
            message: String = "",
            isWorking: Bool = false
        ) {
            self.url = url
            self.tier = tier
            self.status = status
            self.seeders = seeders
            self.leechers = leechers
            self.nextAnnounceSeconds = nextAnnounceSeconds
            self.message = message
            self.isWorking = isWorking
        }
    }

    package let summary: TorrentSummary
    package let files: [File]
    package let trackers: [Tracker]
    /// The whole .torrent file.
    package let metainfo: [UInt8]
    package let swarm: SwarmFacts

    package init(
        summary: TorrentSummary,
        files: [File],
        trackers: [Tracker],
        metainfo: [UInt8],
        swarm: SwarmFacts = SwarmFacts()
    ) {
        self.summary = summary
        self.files = files
        self.trackers = trackers
        self.metainfo = metainfo
        self.swarm = swarm
    }
}

/// What to add to a node, and how.
package struct TorrentAddition: Hashable, Sendable {
    package enum ExistingData: Hashable, Sendable {
        /// Files that are there are hashed before they count.
        case check
        /// The asker has just hashed these very files: every piece counts at once.
        case verified
    }

    /// The whole .torrent file.
    package var metainfo: [UInt8]
    /// Absolute; the torrent's file or folder lies in it.
    package var directory: [UInt8]
    package var isPaused = false
    package var existingData = ExistingData.check
    /// Tried besides the tracker's.
    package var peers: [PeerAddress] = []
    /// Made before the torrent starts.
    package var change = TorrentChange()

    package init(metainfo: [UInt8], directory: [UInt8]) {
        self.metainfo = metainfo
        self.directory = directory
    }
}

/// The torrents of a peer-node.
package protocol TorrentsService: Sendable {
    /// Adds a torrent; one that is there already gets the new trackers and peers, and the answer says so.
    func add(_ addition: TorrentAddition) async throws(BusFault) -> (torrent: TorrentSummary, alreadyPresent: Bool)
    func list() async throws(BusFault) -> [TorrentSummary]
    func show(_ infoHash: InfoHash) async throws(BusFault) -> TorrentDetail
    func peers(_ infoHash: InfoHash) async throws(BusFault) -> PeerListing
    func pause(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary
    func resume(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary
    /// Hashes every piece anew, in the background, and returns the torrent as `checking`.
    ///
    /// Pieces that are wrong or gone lose their bit, and a torrent that is not paused fetches them again; afterwards the
    /// torrent is what it was before. During a check of any kind it changes nothing: that check goes on.
    func recheck(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary
    /// Announces now, not earlier than the tracker's minimum interval allows.
    func announce(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary
    /// Begins to move the files to another folder, which is absolute; the end is that `movingTo` is gone.
    func move(_ infoHash: InfoHash, to directory: [UInt8]) async throws(BusFault) -> TorrentSummary
    func remove(_ infoHash: InfoHash, deleteData: Bool) async throws(BusFault)
    /// Makes a change, now and for later runs; all of it or nothing.
    func configure(_ infoHash: InfoHash, _ change: TorrentChange) async throws(BusFault) -> TorrentSummary
    /// Changes what the torrents of the node share, and says how that stands; an empty change only asks.
    func limits(_ change: NodeLimitsChange) async throws(BusFault) -> NodeLimits
}
