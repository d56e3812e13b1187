package import BitTorrentTypes
import Glibc
import Synchronization
package import TrackerEngine
package import TrackerWire

/// The owner of the tracker's engines, one for each part of the info-hashes; a lock around each, for pure work of
/// microseconds, never held over a wait.
///
/// - Units: the engines' `now` counts from 1970 but follows a clock that does not jump after the start.
package final class Swarms: Sendable {
    /// An engine and its lock; the engine is touched nowhere else.
    private final class Shard: @unchecked Sendable {
        private let lock = Mutex(())
        private let engine: TrackerEngine

        init(_ mode: TrackerEngine.Mode, _ interval: Duration, _ limits: TrackerEngine.Limits) {
            var generator = SystemRandomNumberGenerator()
            engine = TrackerEngine(
                mode: mode,
                interval: interval,
                limits: limits,
                using: &generator
            )
        }

        func withLock<Result, Failure: Error>(
            _ body: (TrackerEngine) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            var outcome: Swift.Result<Result, Failure>?
            lock.withLock { _ in
                do throws(Failure) { outcome = .success(try body(engine)) } catch { outcome = .failure(error) }
            }
            guard let outcome else { preconditionFailure("the body has run") }
            return try outcome.get()
        }
    }

    /// More than there are cores, so that two doors seldom meet.
    package static let shardCount = 16

    package let intervalSeconds: Int
    private let shards: [Shard]
    private let startedAt: Duration
    private let start = ContinuousClock.now

    package init(mode: TrackerEngine.Mode, interval: Duration, limits: TrackerEngine.Limits = .init()) {
        var share = limits
        share.peers = max(1, limits.peers / Self.shardCount)
        share.unlistedTorrents = max(1, limits.unlistedTorrents / Self.shardCount)
        shards = (0..<Self.shardCount).map { _ in Shard(mode, interval, share) }
        intervalSeconds = shards[0].withLock { $0.intervalSeconds }
        startedAt = .seconds(time(nil))
    }

    private var now: Duration { startedAt + uptime }

    /// Since the start of the process.
    package var uptime: Duration { start.duration(to: .now) }

    /// The moment for ``announce(_:at:random:into:)``; good for a batch of them.
    package var second: UInt32 { TrackerEngine.second(of: now) }

    private func shard(of infoHash: InfoHash) -> Shard {
        shards[Int(truncatingIfNeeded: infoHash.words.0) & (Self.shardCount - 1)]
    }

    // MARK: - The doors

    package func announce(
        _ announce: PeerAnnounce,
        at second: UInt32,
        random: UInt64,
        into selection: PeerSelection
    ) throws(AnnounceRefusal) -> SwarmCounts {
        try shard(of: announce.infoHash).withLock { engine throws(AnnounceRefusal) in
            try engine.announce(announce, at: second, random: random, into: selection)
        }
    }

    /// Serves an announce under the rules of `gate`, for doors that answer with values.
    package func announce(
        _ request: AnnounceRequest,
        from ip: IPAddress,
        through gate: AnnounceGate
    ) throws(AnnounceRefusal) -> AnnounceResponse {
        let now = now
        let rules = gate.rules
        try rules.check(request.infoHash)
        let ip = rules.address(claimed: request.claimedIP, by: ip)
        let isAllowed = rules.allows(request.infoHash)
        return try shard(of: request.infoHash).withLock { engine throws(AnnounceRefusal) in
            var generator = SystemRandomNumberGenerator()
            return try engine.announce(request, from: ip, isAllowed: isAllowed, at: now, using: &generator)
        }
    }

    /// The numbers of one torrent; a scrape of many counts as one, see ``scraped()``.
    package func scrape(_ infoHash: InfoHash) -> SwarmCounts? {
        shard(of: infoHash).withLock { $0.scrape(infoHash) }
    }

    package func scraped() { shards[0].withLock { $0.scraped() } }

    package func scrape(_ request: ScrapeRequest) -> ScrapeResponse {
        scraped()
        var response = ScrapeResponse(torrents: [:])
        for hash in request.infoHashes {
            if let counts = scrape(hash) { response.torrents[hash] = ScrapeResponse.Torrent(counts) }
        }
        return response
    }

    // MARK: - The catalogue

    package func list(_ infoHash: InfoHash, completed: Int = 0) {
        let now = now
        shard(of: infoHash).withLock { $0.list(infoHash, completed: completed, at: now) }
    }

    package func unlist(_ infoHash: InfoHash) {
        shard(of: infoHash).withLock { $0.unlist(infoHash) }
    }

    // MARK: - Views

    package func counts(of infoHash: InfoHash) -> SwarmCounts? {
        shard(of: infoHash).withLock { $0.counts(of: infoHash) }
    }

    package func peers(of infoHash: InfoHash) -> [SwarmPeer] {
        shard(of: infoHash).withLock { $0.peers(of: infoHash) }
    }

    package func infoHashes(where matches: (SwarmCounts) -> Bool) -> [InfoHash] {
        shards.flatMap { shard in
            shard.withLock { engine in engine.torrents.filter { matches($0.counts) }.map(\.infoHash) }
        }
    }

    package func stats() -> TrackerStats {
        let now = now
        return shards.reduce(TrackerStats()) { sum, shard in sum + shard.withLock { $0.stats(at: now) } }
    }

    // MARK: - Keeping

    /// One step of forgetting the silent: every shard looks at a sixtieth of what it has, so that a round takes a minute
    /// when this is called every second, and nobody waits for more than a fraction of a millisecond.
    package func expireSome() {
        let now = now
        for shard in shards {
            shard.withLock { engine in
                let stats = engine.stats(at: now)
                _ = engine.expire(at: now, budget: max(1_000, (stats.peers + stats.torrents) / 60))
            }
        }
    }

    /// All swarms of one shard as bytes, not yet sealed, and a number that tells whether they changed since.
    package func snapshot(of shard: Int, unlessRevision known: Int?) -> (bytes: [UInt8], revision: Int)? {
        let now = now
        return shards[shard].withLock { engine in
            let revision = engine.stats(at: now).announces
            return revision == known ? nil : (engine.snapshot(), revision)
        }
    }

    /// Whether the bytes were a whole snapshot.
    package func restore(_ snapshot: UnsafeRawBufferPointer, of shard: Int, isAllowed: (InfoHash) -> Bool) -> Bool {
        let now = now
        return shards[shard].withLock { $0.restore(snapshot, at: now, isAllowed: isAllowed) }
    }

    /// The downloads of each torrent that is listed.
    package var completed: [InfoHash: Int] {
        var completed: [InfoHash: Int] = [:]
        for shard in shards {
            shard.withLock { engine in
                for (infoHash, counts) in engine.torrents where engine.isListed(infoHash) {
                    completed[infoHash] = counts.completed
                }
            }
        }
        return completed
    }
}
