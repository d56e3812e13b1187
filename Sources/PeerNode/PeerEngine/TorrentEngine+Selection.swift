package import BitTorrentTypes
import PeerWire

// Which pieces are wanted.

extension TorrentEngine {
    /// Gives every piece its priority, as files are chosen and left out while the torrent runs.
    ///
    /// A piece under way that is not wanted any more is taken back from everybody who was asked, and what came of it is
    /// thrown away; a verified piece stays verified and is shared.
    package mutating func setPriorities(
        _ priorities: [PiecePriority],
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        precondition(priorities.count == layout.pieceCount, "every piece has a priority")
        let wasFinished = isFinished
        counters.wasted += picker.setPriorities(priorities, verified: verified)
        countMissing()
        deadlines.removeAll { !picker.isWanted($0.piece) }
        for place in peers.indices {
            takeBackUnwanted(of: place, at: now, into: &actions)
            peers[place].interesting = Self.common(peers[place].has, missing)
            updateInterest(place, at: now, into: &actions)
        }
        switch (wasFinished, isFinished) {
        case (false, true): becameFinished(at: now, into: &actions)
        case (true, false): becameUnfinished(at: now, into: &actions)
        case (true, true), (false, false): break
        }
        for place in peers.indices { refill(place, at: now, into: &actions) }
        dial(at: now, into: &actions)
    }

    package func priority(of piece: PieceIndex) -> PiecePriority { picker.rarity.priority(of: piece) }

    mutating func countMissing() {
        missing = Bitfield(pieceCount: layout.pieceCount)
        for piece in layout.pieces where picker.isWanted(piece) && !verified.contains(piece) { missing.insert(piece) }
    }

    private mutating func takeBackUnwanted(
        of place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        for index in peers[place].requests.entries.indices.reversed() {
            guard !picker.isWanted(peers[place].requests[index].block.piece) else { continue }
            takeBack(index, of: place, at: now, into: &actions)
        }
        peers[place].probation.removeAll { !picker.isWanted($0) && picker.partial(of: $0) == nil }
    }
}
