package import BitTorrentTypes
import PeerWire

// Verdicts on pieces, and what follows from them.

extension TorrentEngine {
    /// Whether a peer that has not proved anything yet works on the piece: it is asked for little more before a verdict.
    package func isAwaited(_ piece: PieceIndex) -> Bool {
        peers.indices.contains { !peers[$0].isProven && peers[$0].probation.contains(piece) }
    }

    /// Verdicts on pieces that `verify` actions named, all that came together: peers are asked for more once, after the last.
    package mutating func piecesChecked(
        _ verdicts: some Sequence<(piece: PieceIndex, isGood: Bool)>,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        for verdict in verdicts { settle(verdict.piece, isGood: verdict.isGood, at: now, into: &actions) }
        // Peers that may only work on a few pieces, or on none but their own, waited for this.
        for place in peers.indices { refill(place, at: now, into: &actions) }
    }

    private mutating func settle(
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
            enter(piece, contributors, at: now, into: &actions)
            if evidence.isThere(for: piece) { actions.append(.digestBlocks(piece)) }
        } else {
            counters.hashFailed += layout.length(of: piece)
            picker.refuse(piece)
            for place in peers.indices {
                peers[place].probation.removeAll { $0 == piece }
                guard let contributor = peers[place].contributor, contributors.contains(contributor) else { continue }
                peers[place].hashFailed += layout.length(of: piece)
            }
            actions.append(.pieceRefused(piece))
            if contributors.count > 1 {
                evidence.expectDigests(of: piece, from: partial.senders)
                actions.append(.digestBlocks(piece))
                picker.retryAlone(piece)
            }
            blame(piece, contributors, at: now, into: &actions)
        }
    }

    /// The piece is ours: everybody hears of it.
    private mutating func enter(
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

    /// A digest of each block of a piece, in order, as a `digestBlocks` action asked.
    ///
    /// Any digest of 64 bits will do whose values a peer cannot foresee, the same for the life of the engine.
    package mutating func blocksDigested(
        _ piece: PieceIndex,
        _ digests: [UInt64],
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard digests.count == layout.blockCount(of: piece) else { return }
        guard verified.contains(piece) else {
            _ = evidence.keep(digests, of: piece)
            return
        }
        let (liars, honest) = evidence.compare(digests, of: piece)
        for contributor in honest where !evidence.involves(contributor) { ledger.clear(contributor) }
        for verdict in liars {
            ledger.ban(verdict.liar)
            expel(verdict.liar, .wrongBlocks(piece, count: verdict.wrongBlocks), at: now, into: &actions)
        }
        for place in peers.indices { refill(place, at: now, into: &actions) }
    }

    private mutating func blame(
        _ piece: PieceIndex,
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
                if !peers[place].isProven { takeBackAll(from: place, at: now, into: &actions) }
            }
        case .banned(let liar):
            expel(liar, .wholePiece(piece), at: now, into: &actions)
        }
    }

    /// Closes the connections of somebody who is banned, and forgets its blocks; who left before is told of as well.
    private mutating func expel(
        _ liar: Contributor,
        _ proof: BanEvidence,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        counters.wasted += picker.discardBlocks(from: liar)
        var isConnected = false
        for place in peers.indices.reversed() where peers[place].contributor == liar {
            peers[place].proof = proof
            actions.append(.banned(peers[place].arrival.address, peers[place].arrival.peerID))
            close(place, .banned, at: now, into: &actions)
            isConnected = true
        }
        guard !isConnected else { return }
        let address = ledger.address(of: liar)
        let id = ledger.identity(of: liar).peerID
        departureLog.prove(proof, against: id, at: address.ip)
        actions.append(.banned(address, id))
    }
}
