import PeerWire

// Connections that are of no use make way for others, so that a few dozen peers that only take cannot shut us in.
//
//     as many as wanted ──▶ dial some more ──▶ one answers ──▶ the least useful is closed
//
// Only while we want something, and only peers that have given nothing for minutes: those that proved good go last.
// Source: libtorrent's "peer turnover", which also replaces a few peers in a hundred every few minutes.

extension TorrentEngine {
    /// Of the connections, one in so many makes way at once.
    private static let turnoverShare = 25

    /// Up to this many connections we dial.
    var connectionGoal: Int { min(settings.wantedConnections, settings.maximumConnections) }

    /// How many peers to dial beyond those that are wanted.
    mutating func turnover(at now: EngineTime) -> Int {
        guard !isFinished, book.dialling == 0, now >= turnoverAt else { return 0 }
        turnoverAt = now + settings.turnoverInterval
        let useless = peers.indices.reduce(0) { $0 + (isUseless($1, at: now) ? 1 : 0) }
        return min(useless, max(1, peers.count / Self.turnoverShare))
    }

    /// A peer that we dialled is there: closes the least useful in its place, when there are enough.
    mutating func makeWay(for arrival: PeerArrival, at now: EngineTime, into actions: inout [TorrentAction]) {
        guard arrival.direction != .incoming, !isFinished, peers.count >= connectionGoal else { return }
        let useless = peers.indices.filter { isUseless($0, at: now) }
        let least = useless.min { left, right in
            let (left, right) = (peers[left], peers[right])
            guard left.isProven == right.isProven else { return right.isProven }
            return (left.down.total, left.connectedAt) < (right.down.total, right.connectedAt)
        }
        if let least { close(least, .outranked, at: now, into: &actions) }
    }

    /// Whether a peer has given nothing for long.
    private func isUseless(_ place: Int, at now: EngineTime) -> Bool {
        let peer = peers[place]
        guard now - peer.connectedAt >= settings.uselessAfter, peer.down.rate(at: now) == 0 else { return false }
        return peer.down.total == 0 || now - peer.deliveredAt >= settings.uselessAfter
    }
}
