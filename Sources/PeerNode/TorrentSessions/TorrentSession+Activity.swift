import BitTorrentTypes
import PeerEngine

/// Whether anything moves, and for how long a torrent has been seeded.
extension TorrentSession {
    /// A torrent on which nothing moved for this long is stalled.
    static let stallTime = Duration.seconds(60)

    /// Called at each tick; while bytes move there are several a second.
    func noteActivity() {
        guard let engine else { return }
        let bytes = engine.counters.downloaded + engine.counters.uploaded
        if bytes != lastMoved.bytes { lastMoved = (bytes, now) }
        if seedingSince == nil, hasAllWanted {
            seedingSince = now
            // A tracker that knows does not count us among those who need seeds (BEP 21).
            if isPartialSeed { Task { [weak self] in await self?.announceNow() } }
        }
    }

    /// Called when the torrent joins the swarm, and when it leaves.
    func resetActivity() {
        lastMoved = (0, now)
        seedingSince = hasAllWanted ? now : nil
    }

    var idleSeconds: Double { engine == nil ? 0 : max(0, (now - lastMoved.at) / .seconds(1)) }

    var isStalled: Bool { engine != nil && now - lastMoved.at >= Self.stallTime }
}
