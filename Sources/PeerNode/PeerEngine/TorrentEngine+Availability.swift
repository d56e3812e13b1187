import BitTorrentTypes

// How well the connected peers are supplied.

extension TorrentEngine {
    /// For every piece, how many connected peers have it.
    package var availability: [Int] {
        let everywhere = completeArrivals
        return layout.pieces.map { picker.rarity.availability(of: $0) + everywhere }
    }

    /// How many whole copies of the torrent the connected peers and we ourselves have among us.
    ///
    /// The whole part is how often the rarest piece is there, the fraction how large a part of the pieces is there once
    /// more than that: 2.25 says that two copies can be put together, and a quarter of the third.
    package var distributedCopies: Double {
        let copies = zip(layout.pieces, availability).map { $1 + (verified.contains($0) ? 1 : 0) }
        guard let fewest = copies.min() else { return 0 }
        let more = copies.reduce(0) { $0 + ($1 > fewest ? 1 : 0) }
        return Double(fewest) + Double(more) / Double(copies.count)
    }

    /// Peers that came with every piece, which the rarity of pieces leaves out.
    private var completeArrivals: Int { peers.indices.reduce(0) { $0 + (peers[$1].cameComplete ? 1 : 0) } }
}
