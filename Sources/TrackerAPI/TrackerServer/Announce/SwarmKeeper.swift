import BitTorrentTypes
import Logging
import TrackerStore

/// Carries the swarms over a restart: a snapshot twice a second while they change, never a write per announce.
struct SwarmKeeper: Sendable {
    /// Expiring and saving may take at most one part in this many of the time.
    private static let share = 20

    let swarms: Swarms
    let store: TrackerStore
    let pause: Duration
    let logger: Logger

    /// Lists the catalogue's torrents and puts the peers of the last snapshot back into their swarms.
    func restore() async throws(TrackerStoreError) {
        for (infoHash, completed) in try await store.completedCounts() {
            swarms.list(infoHash, completed: completed)
        }
        let peers = try await store.savedPeers(since: swarms.oldestUseful)
        swarms.restore(peers)
        if !peers.isEmpty { logger.info("the swarms were restored", metadata: ["peers": "\(peers.count)"]) }
    }

    /// Forgets silent peers and saves the rest, until cancelled.
    func run() async throws {
        let clock = ContinuousClock()
        var rest = pause
        while true {
            try await clock.sleep(for: rest)
            let spent = await clock.measure {
                swarms.expire()
                await save()
            }
            rest = max(pause, spent * Self.share)
        }
    }

    /// Saves the swarms when they changed.
    func save() async {
        guard let snapshot = swarms.changedSnapshot() else { return }
        // A task of its own: the last save happens when this one is already cancelled.
        let save = Task { try await store.saveSwarms(snapshot.peers, completed: snapshot.completed) }
        do {
            try await save.value
        } catch {
            swarms.forgetSnapshot()
            logger.error("the swarms could not be saved", metadata: ["reason": "\(error)"])
        }
    }
}
