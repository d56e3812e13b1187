import BitTorrentTypes
import PeerWire

// The fast extension, BEP 6: every request is answered or rejected, and a beginner gets some pieces without a slot.

extension TorrentEngine {
    /// What we have, as the first message; without the fast extension, nothing stands for none.
    mutating func tellPieces(to place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        if hidesPieces {
            hidePieces(from: place, at: now, into: &actions)
        } else if peers[place].isFast, verified.isEmpty {
            send(.haveNone, to: place, at: now, into: &actions)
        } else if peers[place].isFast, isComplete {
            send(.haveAll, to: place, at: now, into: &actions)
        } else if !verified.isEmpty {
            send(.bitfield(verified), to: place, at: now, into: &actions)
        }
    }

    /// Tells a peer that has hardly anything what it may have at once.
    mutating func grantFast(to place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        guard peers[place].isFast, isBeginner(place), !verified.isEmpty, !hidesPieces else { return }
        let arrival = peers[place].arrival
        let pieces = AllowedFastSet.pieces(
            for: arrival.address.ip,
            infoHash: arrival.infoHash,
            layout: layout,
            count: settings.allowedFastCount
        )
        // What nobody else has leaves us through the slots alone, or each beginner would take other pieces of a first copy.
        let news = pieces.filter { !peers[place].has.contains($0) && picker.rarity.availability(of: $0) > 0 }
        peers[place].fastGrant = FastGrant(news, layout: layout)
        for piece in news { send(.allowedFast(piece), to: place, at: now, into: &actions) }
    }

    func isBeginner(_ place: Int) -> Bool { peers[place].has.count < settings.allowedFastCount }

    /// Tells a peer that a request of it will not be answered, if it can be told.
    mutating func refuse(
        _ message: PeerMessage,
        to place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard peers[place].isFast else { return }
        send(message, to: place, at: now, into: &actions)
    }

    mutating func peerAllows(
        _ piece: PieceIndex,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard peers[place].fastOffers.count < settings.rememberedHints, !peers[place].fastOffers.contains(piece) else {
            return
        }
        peers[place].fastOffers.append(piece)
        if peers[place].state.peerChoking { refill(place, at: now, into: &actions) }
    }

    mutating func peerSuggests(_ piece: PieceIndex, _ place: Int) {
        guard missing.contains(piece), !peers[place].suggestions.contains(piece) else { return }
        if peers[place].suggestions.count >= settings.rememberedHints { peers[place].suggestions.removeFirst() }
        peers[place].suggestions.append(piece)
    }

    /// A block or a run that we asked for will not come.
    mutating func peerRejects(
        _ range: BlockRange,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        let blocks =
            answersRuns(place)
            ? layout.blockNumbers(of: range).map { layout.block($0, of: range.piece) }
            : [range]
        var wasAsked = false
        for block in blocks {
            guard let index = peers[place].requests.index(of: block), !peers[place].requests[index].isArriving else {
                continue
            }
            wasAsked = true
            let asked = peers[place].requests.liveCount
            let entry = drop(index, of: place)
            if peers[place].state.peerChoking {
                // It has thought better of what it offered; what we asked before the choke it must reject.
                if !entry.isOverdue { peers[place].fastOffers.removeAll { $0 == block.piece } }
            } else if !entry.isOverdue {
                peers[place].rejects.rejected(asked: asked)
                let count = peers[place].rejects.unexplained
                if count > settings.rejectLimit { return close(place, .tooManyRejects(count), at: now, into: &actions) }
            }
        }
        guard wasAsked else { return peerRejectsNothing(place, at: now, into: &actions) }
        let key = peers[place].key
        refillIdle(at: now, into: &actions)
        if let place = peers.place(of: key) { refill(place, at: now, into: &actions) }
    }

    mutating func peerRejectsNothing(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        guard !peers[place].rejects.answered() else { return }
        peers[place].rejects.rejectedNothing()
        let count = peers[place].rejects.ofNothing
        if count > settings.rejectLimit { close(place, .rejectsOfNothing(count), at: now, into: &actions) }
    }

    /// A peer that keeps the rules answers every request, so that none is dropped when it chokes us; one that does not
    /// must not make us remember more and more.
    mutating func forgetOldest(of place: Int) {
        while peers[place].requests.entries.count > settings.maximumPipeline {
            guard let index = peers[place].requests.entries.firstIndex(where: { $0.isOverdue && !$0.isArriving }) else {
                return
            }
            drop(index, of: place)
            peers[place].rejects.tookBack()
        }
    }

    /// Of what a peer has, the wanted pieces that it gives while it chokes us.
    func offered(by place: Int) -> Bitfield {
        var offered = Bitfield(pieceCount: layout.pieceCount)
        for piece in peers[place].fastOffers where missing.contains(piece) && peers[place].has.contains(piece) {
            offered.insert(piece)
        }
        return offered
    }
}
