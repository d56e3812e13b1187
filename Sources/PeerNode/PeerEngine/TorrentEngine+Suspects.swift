import BitTorrentTypes
import PeerWire

// What suspects lose, so that a liar spoils little before it is found.
//
//     bad piece of several ─┬─ a proven suspect ─────▶ goes on with what it began
//                           └─ any other suspect ────▶ loses what it is asked for and what it delivered
//     both wait while somebody of good name can download the piece anew: the good version says who lied

extension TorrentEngine {
    /// Takes back everything from a suspect of which nothing good is known.
    mutating func takeBackAll(from place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        for index in peers[place].requests.entries.indices.reversed() {
            takeBack(index, of: place, at: now, into: &actions)
        }
        if let contributor = peers[place].contributor {
            counters.wasted += picker.discardBlocks(from: contributor)
        }
        peers[place].probation.removeAll { picker.partial(of: $0)?.isFull != true }
    }

    /// Whether a suspect waits, because a peer of good name can clear up what it is suspected of.
    func waitsForEvidence(_ place: Int) -> Bool {
        guard let suspect = peers[place].contributor else { return false }
        let pieces = evidence.pieces(involving: suspect).filter { missing.contains($0) }
        guard !pieces.isEmpty else { return false }
        // What it has begun alone it ends, or nobody would.
        let key = peers[place].key
        guard !picker.partials.contains(where: { $0.owner == key && $0.isExclusive && !$0.isFull }) else {
            return false
        }
        return peers.indices.contains { other in
            let peer = peers[other]
            guard other != place, peer.isProven, !peer.state.peerChoking, !peer.isSnubbed else { return false }
            guard peer.contributor.map({ !ledger.isOnParole($0) }) ?? true else { return false }
            return pieces.contains { peer.has.contains($0) }
        }
    }
}
