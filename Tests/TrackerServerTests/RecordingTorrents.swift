import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo
import PieceHashing
import Synchronization

/// A peer-node that only remembers what it was asked to seed.
final class RecordingTorrents: TorrentsService {
    private let added = Mutex<[TorrentAddition]>([])
    private let (arrivals, arrived) = AsyncStream<Void>.makeStream()
    private let faults: Mutex<[BusFault]>

    /// The first answers are `faults`, one after the other.
    init(faults: [BusFault] = []) { self.faults = Mutex(faults) }

    var additions: [TorrentAddition] { added.withLock { $0 } }

    /// Waits for the first addition.
    func untilAdded() async throws {
        for await _ in arrivals { return }
    }

    func add(_ addition: TorrentAddition) async throws(BusFault) -> (torrent: TorrentSummary, alreadyPresent: Bool) {
        if let fault = faults.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw fault }
        added.withLock { $0.append(addition) }
        arrived.yield()
        guard let metainfo = try? Metainfo.parse(addition.metainfo) else { throw BusFault(.invalid, "no metainfo") }
        let summary = TorrentSummary(
            infoHash: metainfo.infoHash,
            name: metainfo.name,
            state: .seeding,
            size: metainfo.layout.totalLength,
            pieceLength: metainfo.layout.pieceLength,
            pieces: metainfo.layout.pieceCount,
            node: "peer-node/1",
            path: addition.directory,
            addedAt: 0
        )
        return (summary, false)
    }

    func list() async throws(BusFault) -> [TorrentSummary] { [] }
    func show(_ infoHash: InfoHash) async throws(BusFault) -> TorrentDetail { throw Self.unasked }
    func peers(_ infoHash: InfoHash) async throws(BusFault) -> PeerListing { throw Self.unasked }
    func pause(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary { throw Self.unasked }
    func resume(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary { throw Self.unasked }
    func recheck(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary { throw Self.unasked }
    func announce(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary { throw Self.unasked }
    func move(_ infoHash: InfoHash, to: [UInt8]) async throws(BusFault) -> TorrentSummary { throw Self.unasked }
    func remove(_ infoHash: InfoHash, deleteData: Bool) async throws(BusFault) { throw Self.unasked }

    func configure(_ infoHash: InfoHash, _ change: TorrentChange) async throws(BusFault) -> TorrentSummary {
        throw Self.unasked
    }
    func limits(_ change: NodeLimitsChange) async throws(BusFault) -> NodeLimits { throw Self.unasked }

    private static var unasked: BusFault { BusFault(.refused, "tracker-api may not ask that") }
}

/// Hashes in this process, with the code of the workers.
struct LocalHashing: HashingService {
    func hash(
        _ job: HashJob,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(BusFault) -> [PieceOutcome] {
        do {
            return try await PieceHasher(threads: 1).hash(job.runs, progress: progress)
        } catch {
            throw BusFault(.failed, "\(error)")
        }
    }
}

/// Hashes, and remembers what it was asked.
final class RecordingHashing: HashingService {
    private let asked = Mutex<[HashJob]>([])

    var jobs: [HashJob] { asked.withLock { $0 } }

    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        asked.withLock { $0.append(job) }
        return try await LocalHashing().hash(job, progress: progress)
    }
}

/// A queue that is full for ever, or no worker at all.
struct FailingHashing: HashingService {
    let fault: BusFault

    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        throw fault
    }
}
