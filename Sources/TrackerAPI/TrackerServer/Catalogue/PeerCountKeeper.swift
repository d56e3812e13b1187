import AnnounceDoors
import BitTorrentTypes
import Logging
import TrackerEngine
import TrackerStore

/// Writes the peer counts of torrents into the catalogue, behind the announces: what changed, every few seconds.
///
/// Pages are sorted by them; what a page shows is counted at that moment.
struct PeerCountKeeper: Sendable {
    let swarms: Swarms
    let store: TrackerStore
    let pause: Duration
    let logger: Logger

    /// Goes on until cancelled.
    func run() async throws {
        var saved: [InfoHash: PeerCounts]?
        while true {
            do {
                saved = try await save(since: saved)
            } catch {
                logger.error("the peer counts could not be saved", metadata: ["reason": "\(error)"])
            }
            try await Task.sleep(for: pause)
        }
    }

    /// Writes what differs from the last time; the result is what the catalogue has now.
    private func save(
        since saved: [InfoHash: PeerCounts]?
    ) async throws(TrackerStoreError) -> [InfoHash: PeerCounts] {
        var current: [InfoHash: PeerCounts] = [:]
        for infoHash in swarms.infoHashes(where: { $0.seeders + $0.leechers > 0 }) {
            guard let counts = swarms.counts(of: infoHash) else { continue }
            current[infoHash] = PeerCounts(seeders: counts.seeders, leechers: counts.leechers)
        }
        let before: [InfoHash: PeerCounts]
        if let saved { before = saved } else { before = try await store.savedCounts() }
        var changes = current.filter { before[$0.key] != $0.value }
        for infoHash in before.keys where current[infoHash] == nil { changes[infoHash] = PeerCounts.none }
        if !changes.isEmpty { try await store.saveCounts(changes) }
        return current
    }
}
