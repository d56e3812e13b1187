import BitTorrentTypes
import BusServices
import Logging
import Metainfo
package import NIOCore
import PeerEngine
import PeerNetworking
import PeerWire
import PieceStore

/// One torrent of a node: joins the engine with the network, the files, the hashers and the trackers.
///
///     peers ──► PeerConnection ──► engine ──► actions ──► connections, files, hashers, trackers
///                                     ▲                           │
///                                     └────────── outcomes ───────┘
///
/// It decides nothing about BitTorrent; that is the engine's. All of it runs on the event loop of its connections, so
/// that their handlers call it without a hop and nothing needs a lock.
package actor TorrentSession {
    /// What the torrent is doing.
    enum Activity {
        case paused
        /// Hashing what is on the disk; `nil` until it is known what there is to hash.
        case checking(CheckProgress?)
        case running
        /// Stopped by what `reason` says, until resumed.
        case failed(reason: String, isMissing: Bool)
        case closed
    }

    nonisolated let infoHash: InfoHash
    nonisolated let files: TorrentFiles
    nonisolated private let shared: Shared<NodeEnvironment>
    /// Of the torrent's state and of all its connections.
    nonisolated package let eventLoop: any EventLoop
    nonisolated let logger: Logger
    nonisolated let addedAt: Int
    /// Grows in the order in which torrents were added, over all runs of the node.
    var number: Int

    nonisolated var environment: NodeEnvironment {
        _read { yield shared.value }
    }

    nonisolated package var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    /// With the trackers that later additions brought; the files and pieces never change.
    var metainfo: Metainfo
    var activity = Activity.paused
    /// Whether a person wants it to rest; a check that they asked for runs all the same.
    var isPaused: Bool
    /// Whether it comes back with many others, of which one line in the log tells.
    var isRestoring = false
    /// Counts the starts, so that what an earlier one still had under way is told apart.
    var run = 0
    var verified: Bitfield
    /// What the runs before this one moved.
    var earlier = RecordedCounters()
    var askedPeers: [PeerAddress] = []
    var options: TorrentOptions
    /// When payload last came in or went out, and how much had moved by then.
    var lastMoved = (bytes: 0, at: EngineTime.zero)
    /// Files that were not as they were recorded when the torrent started.
    var changedFiles: Set<Int> = []
    /// Whether the torrent is stopped until a person resumes it, also over restarts.
    var isHeld = false
    /// A move of the files that is under way, and why the last one failed.
    var relocating: MoveProgress?
    var moveError: String?
    /// Whether a file was changed and is about to be looked at.
    var isExamining = false
    /// What was verified when a change was noticed, recorded yet or not.
    var believed: Bitfield?
    /// When the last obstacle stopped the torrent, and how many look intervals pass between looks at it.
    var lastObstacle: NIODeadline?
    var patience: Int64 = 1

    // While running.
    /// Since when it is complete and runs.
    var seedingSince: EngineTime?
    var engine: TorrentEngine?
    /// Who left the engines that are gone.
    var departureLog = DepartureLog()
    var actions: [TorrentAction] = []
    var isPumping = false
    var connections: [PeerKey: PeerConnection] = [:] {
        didSet { countConnections() }
    }
    var keys: [ObjectIdentifier: PeerKey] = [:]
    /// Dials under way, closed when the torrent stops.
    var dials: [ObjectIdentifier: PeerConnection] = [:] {
        didSet { countConnections() }
    }
    /// What the node has counted of them.
    var counted = (connections: 0, dials: 0)
    /// How many addresses were in mind when the engine last was free to dial.
    var addressesTried = 0
    /// The pieces that the engine was told a deadline of.
    var urgent: Set<PieceIndex> = []
    /// What is to be flushed, in the order of the actions.
    var touched: [(key: PeerKey, connection: PeerConnection)] = []
    var announcer: TrackerAnnouncer?
    var trackerStatuses: [TrackerStatus] = []
    var timer: Scheduled<Void>?
    var ticksOften = false
    /// When something last happened that time may bring on.
    var stirredAt: EngineTime?
    var checkTask: Task<Void, Never>?

    // Pieces on their way to the hashers, and from them to the database.
    var toVerify: [PieceIndex] = []
    /// Jobs under way, by the first piece of each.
    var verifications: [PieceIndex: Task<Void, Never>] = [:]
    var isVerificationScheduled = false
    var toRecord: [PieceIndex] = []
    /// Pieces whose blocks are being digested, by the number of the last question.
    var digesting: [PieceIndex: Int] = [:]
    var digestsAsked = 0

    var lastPublished: TorrentSummary?

    /// Down and up: the torrent's own limits, and what it has booked under those of the node.
    var throttles = NodeThrottle.Direction.allCases.map { _ in TransferThrottle(.unlimited) }
    var throttleGeneration = -1
    /// Whose uploads wait for the limit, the longest first.
    var heldUploads: [PeerKey] = []
    var uploadRelease: Scheduled<Void>?
    var readRelease: Scheduled<Void>?

    /// Why it rests though a person wants it to run.
    var queueHold: Hold?
    /// Where a person put it; `nil`: behind those that were put somewhere, as it was added.
    var queuePlace: Int?
    /// From 1; 0 when nobody has counted yet.
    var queuePosition = 0

    init(metainfo: Metainfo, record: TorrentRecord, environment shared: Shared<NodeEnvironment>) {
        let environment = shared.value
        infoHash = metainfo.infoHash
        files = TorrentFiles(
            metainfo: metainfo,
            directory: record.directory,
            aside: environment.asideFolder + Array("/\(metainfo.infoHash).parts".utf8),
            cache: environment.descriptors
        )
        self.shared = shared
        eventLoop = environment.loops.next()
        self.metainfo = metainfo
        addedAt = record.addedAt
        isPaused = record.isPaused
        earlier = record.counters
        askedPeers = record.peers
        options = record.options
        queuePlace = record.queuePosition
        number = record.number ?? .max
        verified =
            Bitfield(wire: record.verified, pieceCount: metainfo.layout.pieceCount)
            ?? Bitfield(pieceCount: metainfo.layout.pieceCount)
        var logger = environment.logger
        logger[metadataKey: "info_hash"] = "\(metainfo.infoHash)"
        self.logger = logger
        isHeld = record.held != nil
        if let held = record.held { activity = .failed(reason: held, isMissing: false) }
    }

    var now: EngineTime { EngineTime(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

    /// What moved in all runs.
    var counters: RecordedCounters {
        var sum = earlier
        if let engine {
            sum.downloaded += engine.counters.downloaded
            sum.uploaded += engine.counters.uploaded
            sum.wasted += engine.counters.wasted
            sum.hashFailed += engine.counters.hashFailed
            sum.seedingSeconds += seedingSince.map { Int((now - $0) / .seconds(1)) } ?? 0
        }
        return sum
    }
}
