package import BitTorrentTypes
import PeerWire

// Verdicts on pieces, and what follows from them.

extension TorrentEngine {
    /// The verdict on a piece that a `verify` action named.
    package mutating func pieceChecked(
        _ piece: PieceIndex,
        isGood: Bool,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard let partial = picker.partial(of: piece), partial.isFull else { return }
        let contributors = partial.contributors
        if isGood {
            picker.finish(piece)
            ledger.pieceWasGood(contributors)
            settle(piece, contributors, at: now, into: &actions)
        } else {
            counters.hashFailed += layout.length(of: piece)
            picker.refuse(piece)
            for place in peers.indices { peers[place].probation.removeAll { $0 == piece } }
            actions.append(.pieceRefused(piece))
            blame(contributors, at: now, into: &actions)
        }
        // Peers that may only work on a few pieces, or on none but their own, waited for this.
        for place in peers.indices { refill(place, at: now, into: &actions) }
    }

    private mutating func settle(
        _ piece: PieceIndex,
        _ contributors: [Contributor],
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        verified.insert(piece)
        let wasMissing = missing.remove(piece)
        deadlines.removeAll { $0.piece == piece }
        actions.append(.pieceVerified(piece))
        for place in peers.indices {
            if let contributor = peers[place].contributor, contributors.contains(contributor) {
                peers[place].isProven = true
            }
            peers[place].probation.removeAll { $0 == piece }
            send(.have(piece), to: place, at: now, into: &actions)
            guard wasMissing, peers[place].has.contains(piece) else { continue }
            peers[place].interesting -= 1
            updateInterest(place, at: now, into: &actions)
        }
        if isComplete { actions.append(.completed) }
        if isFinished, wasMissing { becameFinished(at: now, into: &actions) }
    }

    private mutating func blame(
        _ contributors: [Contributor],
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        switch ledger.pieceWasBad(contributors) {
        case .parole:
            // What a suspect began it goes on with only if nobody else has touched it.
            for place in peers.indices {
                guard let contributor = peers[place].contributor, contributors.contains(contributor) else { continue }
                counters.wasted += picker.disown(peers[place].key)
            }
        case .banned(let liar):
            counters.wasted += picker.discardBlocks(from: liar)
            for place in peers.indices.reversed() where peers[place].contributor == liar {
                actions.append(.banned(peers[place].arrival.address, peers[place].arrival.peerID))
                close(place, .banned, at: now, into: &actions)
            }
        }
    }
}
