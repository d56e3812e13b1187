package import BitTorrentTypes
import PeerWire

// What a person wants to know of the swarm.

extension TorrentEngine {
    /// The last connections that are over, and dials that came to nothing; the newest first.
    package var departures: [Departure] { departureLog.newestFirst }

    /// Dials under way.
    package var dialCount: Int { book.dialling }

    /// Pieces that are complete, their hash not yet known.
    package var unjudgedCount: Int { picker.partials.count { $0.isFull } }

    /// Connected peers that have what we lack, and how many of them choke us.
    package var interestingPeers: (count: Int, choking: Int) {
        peers.indices.reduce(into: (0, 0)) { sums, place in
            guard peers[place].interesting > 0 else { return }
            sums.0 += 1
            if peers[place].state.peerChoking { sums.1 += 1 }
        }
    }

    /// The pieces that `wanted` holds, that we lack and that no connected peer has.
    package func unavailable(of wanted: (PieceIndex) -> Bool) -> [PieceIndex] {
        guard completeCount == 0, !isComplete else { return [] }
        return layout.pieces.filter { piece in
            !verified.contains(piece) && picker.rarity.availability(of: piece) == 0 && wanted(piece)
        }
    }

    /// Peers that the rarity of pieces leaves out, because they came with all of them.
    private var completeCount: Int { peers.indices.reduce(0) { $0 + (peers[$1].cameComplete ? 1 : 0) } }
}
