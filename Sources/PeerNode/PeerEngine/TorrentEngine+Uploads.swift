package import BitTorrentTypes
import PeerWire

// Answering requests, and deciding whose.

extension TorrentEngine {
    /// A range that a `serve` action named has been handed to the socket and left our memory.
    package mutating func blockUploaded(
        _ block: BlockRange,
        to key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard let place = peers.place(of: key) else { return }
        counters.uploaded += block.length
        peers[place].up.add(block.length, at: now)
        peers[place].uploadedAt = now
        peers[place].spokenAt = now
        if peers[place].uploads.finish(block) { serve(place, at: now, into: &actions) }
    }

    /// A range that a `cancelServe` action named was left out: it had not been read yet.
    package mutating func serveCancelled(
        _ block: BlockRange,
        to key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard let place = peers.place(of: key), peers[place].uploads.finish(block) else { return }
        refuse(.reject(block), to: place, at: now, into: &actions)
        serve(place, at: now, into: &actions)
    }

    mutating func requested(
        _ range: BlockRange,
        by place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard verified.contains(range.piece), peers[place].revealed?.contains(range.piece) != false else {
            refuse(.reject(range), to: place, at: now, into: &actions)
            ignoreRequest(of: place, at: now, into: &actions)
            return
        }
        if peers[place].state.amChoking, !(isBeginner(place) && peers[place].fastGrant.spend(range)) {
            refuse(.reject(range), to: place, at: now, into: &actions)
            let isLate = peers[place].chokedAt.map { now - $0 <= settings.chokeGrace } ?? false
            if !isLate { ignoreRequest(of: place, at: now, into: &actions) }
            return
        }
        guard peers[place].uploads.count < settings.uploadQueueLength else {
            refuse(.reject(range), to: place, at: now, into: &actions)
            peers[place].overflowedRequests += 1
            let count = peers[place].overflowedRequests
            if count > settings.uploadQueueLength { close(place, .requestFlood(count), at: now, into: &actions) }
            return
        }
        if peers[place].errands.latest != range.piece { pieceBegun(range.piece, by: place, at: now, into: &actions) }
        peers[place].uploads.append(range)
        serve(place, at: now, into: &actions)
    }

    /// The peer wants an answer no more.
    ///
    /// With the fast extension it gets one all the same: a reject, or the block when that is on its way.
    mutating func cancelled(
        _ range: BlockRange,
        by place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        if peers[place].isFast {
            if peers[place].uploads.cancelWaiting(range) {
                send(.reject(range), to: place, at: now, into: &actions)
            } else if peers[place].uploads.isUnderWay(range) {
                actions.append(.cancelServe(range, to: peers[place].key))
            }
        } else if peers[place].uploads.cancel(range) == .serving {
            actions.append(.cancelServe(range, to: peers[place].key))
        }
    }

    /// Counts a request that we may not answer.
    mutating func ignoreRequest(of place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        peers[place].ignoredRequests += 1
        let count = peers[place].ignoredRequests
        if count > settings.ignoredRequestLimit {
            close(place, .tooManyIgnoredRequests(count), at: now, into: &actions)
        }
    }

    /// Gives a free slot to a peer that wants one.
    mutating func admitToSlot(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        var taken = slotsTaken(at: now)
        admitToSlot(place, taken: &taken, at: now, into: &actions)
    }

    private mutating func admitToSlot(
        _ place: Int,
        taken: inout Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard peers[place].state.amChoking, peers[place].state.peerInterested, !choker.wasIdle(peers[place].key),
            choker.admits(taken: taken, by: settings)
        else { return }
        unchoke(place, at: now, into: &actions)
        taken += 1
    }

    private func slotsTaken(at now: EngineTime) -> Int {
        peers.indices.reduce(0) { $0 + (usesSlot($1, at: now) ? 1 : 0) }
    }

    /// Whether an unchoked peer takes something, or may be about to; else its slot is free, and it may keep the promise.
    private func usesSlot(_ place: Int, at now: EngineTime) -> Bool {
        guard !peers[place].state.amChoking, peers[place].state.peerInterested else { return false }
        if peers[place].uploads.count > 0 || now - peers[place].uploadedAt < settings.slotPatience { return true }
        return now - peers[place].unchokedAt < settings.slotPatience && !choker.wasIdle(peers[place].key)
    }

    /// Gives the slots away anew when it is time, and free ones at any time.
    mutating func updateSlots(at now: EngineTime, into actions: inout [TorrentAction]) {
        guard choker.isDue(at: now) else {
            var taken = slotsTaken(at: now)
            for place in peers.indices { admitToSlot(place, taken: &taken, at: now, into: &actions) }
            return
        }
        let candidates = peers.indices.map { candidate($0, at: now) }
        let chosen = Set(choker.rechoke(candidates, isSeeding: isFinished, by: settings, at: now, using: &random))
        for place in peers.indices {
            if chosen.contains(peers[place].key) {
                if peers[place].state.amChoking { unchoke(place, at: now, into: &actions) }
            } else if !peers[place].state.amChoking {
                choke(place, at: now, into: &actions)
            }
        }
    }

    private func candidate(_ place: Int, at now: EngineTime) -> Choker.Candidate {
        Choker.Candidate(
            key: peers[place].key,
            isInterested: peers[place].state.peerInterested,
            isSnubbed: peers[place].isSnubbed && !isFinished,
            isUnchoked: !peers[place].state.amChoking,
            isNew: now - peers[place].connectedAt < settings.newcomerTime,
            rate: isFinished ? peers[place].up.rate(at: now) : peers[place].down.rate(at: now),
            progress: Double(peers[place].has.count) / Double(layout.pieceCount),
            sentInTurn: peers[place].up.total - peers[place].upTotalAtUnchoke,
            waitsSince: peers[place].chokedAt ?? peers[place].connectedAt
        )
    }

    private mutating func serve(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        if !peers[place].uploads.isServing { peers[place].uploadedAt = now }
        while let range = peers[place].uploads.next(window: settings.uploadWindow) {
            actions.append(.serve(range, to: peers[place].key))
        }
    }

    private mutating func unchoke(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        peers[place].state.amChoking = false
        peers[place].ignoredRequests = 0
        peers[place].upTotalAtUnchoke = peers[place].up.total
        peers[place].unchokedAt = now
        // It asks as soon as it hears of its slot.
        suggestPieces(to: place, at: now, into: &actions)
        send(.unchoke, to: place, at: now, into: &actions)
    }

    private mutating func choke(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        peers[place].state.amChoking = true
        peers[place].chokedAt = now
        endErrands(of: place)
        guard peers[place].isFast else {
            if peers[place].uploads.removeAll() { actions.append(.cancelAllServes(to: peers[place].key)) }
            return send(.choke, to: place, at: now, into: &actions)
        }
        // What has been read is sent; the rest is rejected, after the choke, so that it is not asked again.
        send(.choke, to: place, at: now, into: &actions)
        let isBeginner = isBeginner(place)
        let grant = peers[place].fastGrant
        let refused = peers[place].uploads.removeWaiting { !(isBeginner && grant.allows($0.piece)) }
        for range in peers[place].uploads.underWay where !(isBeginner && grant.allows(range.piece)) {
            actions.append(.cancelServe(range, to: peers[place].key))
        }
        for range in refused { send(.reject(range), to: place, at: now, into: &actions) }
    }
}
