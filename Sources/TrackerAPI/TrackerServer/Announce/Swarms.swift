import BitTorrentTypes
import Glibc
import Synchronization
import TrackerEngine
import TrackerStore
import TrackerWire

/// The one owner of the tracker's engine; a lock around pure work of microseconds, never held over a wait.
///
/// - Units: the engine's `now` counts from 1970 but follows a clock that does not jump after the start.
final class Swarms: Sendable {
    private let engine: Mutex<TrackerEngine>
    private let savedRevision = Mutex<Int?>(nil)
    private let startedAt: Duration
    private let start = ContinuousClock.now

    init(mode: TrackerConfiguration.Mode, interval: Duration) {
        engine = Mutex(TrackerEngine(mode: mode == .open ? .open : .listed, interval: interval))
        startedAt = .seconds(time(nil))
    }

    private var now: Duration { startedAt + uptime }

    /// Since the start of the process.
    var uptime: Duration { start.duration(to: .now) }

    // MARK: - The doors

    func announce(
        _ request: AnnounceRequest,
        from ip: IPAddress
    ) throws(AnnounceRefusal) -> AnnounceResponse {
        var generator = SystemRandomNumberGenerator()
        let now = now
        return try engine.withLock { engine throws(AnnounceRefusal) in
            try engine.announce(request, from: ip, at: now, using: &generator)
        }
    }

    func scrape(_ request: ScrapeRequest) -> ScrapeResponse {
        engine.withLock { $0.scrape(request) }
    }

    // MARK: - The catalogue

    func list(_ infoHash: InfoHash, completed: Int = 0) {
        let now = now
        engine.withLock { $0.list(infoHash, completed: completed, at: now) }
    }

    func unlist(_ infoHash: InfoHash) {
        engine.withLock { $0.unlist(infoHash) }
    }

    // MARK: - Views

    func counts(of infoHash: InfoHash) -> SwarmCounts? {
        engine.withLock { $0.counts(of: infoHash) }
    }

    func peers(of infoHash: InfoHash) -> [SwarmPeer] {
        engine.withLock { $0.peers(of: infoHash) }
    }

    func infoHashes(where matches: (SwarmCounts) -> Bool) -> [InfoHash] {
        engine.withLock { engine in engine.torrents.filter { matches($0.counts) }.map(\.infoHash) }
    }

    func stats() -> TrackerStats {
        let now = now
        return engine.withLock { $0.stats(at: now) }
    }

    // MARK: - Keeping

    func expire() {
        let now = now
        engine.withLock { _ = $0.expire(at: now) }
    }

    /// Unix seconds before which a peer was last heard of too long ago to be of use.
    var oldestUseful: Int { Int((now - engine.withLock { $0.peerLifetime }).components.seconds) }

    func restore(_ records: [PeerRecord]) {
        let now = now
        let swarms = Dictionary(grouping: records, by: \.infoHash)
        engine.withLock { engine in
            for (infoHash, records) in swarms {
                engine.restore(records.map(SwarmPeer.init), of: infoHash, at: now)
            }
        }
    }

    /// All peers and completed counts; `nil` when nobody announced since the last call.
    func changedSnapshot() -> (peers: [PeerRecord], completed: [InfoHash: Int])? {
        let revision = stats().announces
        let isChanged = savedRevision.withLock { saved in
            defer { saved = revision }
            return saved != revision
        }
        guard isChanged else { return nil }
        return engine.withLock { engine in
            var peers: [PeerRecord] = []
            var completed: [InfoHash: Int] = [:]
            for (infoHash, counts) in engine.torrents {
                completed[infoHash] = counts.completed
                peers += engine.peers(of: infoHash).map { PeerRecord($0, of: infoHash) }
            }
            return (peers, completed)
        }
    }

    /// The next snapshot is due even when nobody announces: the last one could not be saved.
    func forgetSnapshot() { savedRevision.withLock { $0 = nil } }
}

extension SwarmPeer {
    init(_ record: PeerRecord) {
        self.init(
            address: record.address,
            peerID: record.peerID,
            key: record.key,
            uploaded: record.uploaded,
            downloaded: record.downloaded,
            left: record.left,
            hasCompleted: record.hasCompleted,
            firstSeen: .seconds(record.lastSeen),
            lastSeen: .seconds(record.lastSeen)
        )
    }
}

extension PeerRecord {
    init(_ peer: SwarmPeer, of infoHash: InfoHash) {
        self.init(
            infoHash: infoHash,
            address: peer.address,
            peerID: peer.peerID,
            uploaded: peer.uploaded,
            downloaded: peer.downloaded,
            left: peer.left,
            lastSeen: Int(peer.lastSeen.components.seconds)
        )
        key = peer.key
        hasCompleted = peer.hasCompleted
    }
}
