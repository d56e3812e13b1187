import BitTorrentTypes
import PeerWire

// Asking for blocks, and giving up on some.

extension TorrentEngine {
    /// Asks the peer for blocks, if it is time for some.
    mutating func refill(
        _ place: Int,
        at now: EngineTime,
        isTick: Bool = false,
        into actions: inout [TorrentAction]
    ) {
        guard !isPaused, peers[place].interesting > 0 else { return }
        let isChoked = peers[place].state.peerChoking
        guard !isChoked || !peers[place].fastOffers.isEmpty else { return }
        guard isTick || peers[place].chokeFlaps <= settings.chokeFlapLimit else { return }
        // A peer that snubs us is tried with one block when it owes us none.
        guard !peers[place].isSnubbed || peers[place].requests.isEmpty else { return }
        if !deadlines.isEmpty { askUrgent(at: now, into: &actions) }
        let room = peers[place].requests.room(
            target: peers[place].isSnubbed ? 1 : min(peers[place].pipeline, pipelineShare)
        )
        guard room > 0 else { return }
        let offered = isChoked ? offered(by: place) : nil
        var wish = PiecePicker.Wish(
            key: peers[place].key,
            has: offered ?? peers[place].has,
            interesting: offered?.count ?? peers[place].interesting,
            count: room
        )
        wish.suggestions = peers[place].suggestions
        wish.isOnParole = peers[place].contributor.map { ledger.isOnParole($0) } ?? false
        if wish.isOnParole, waitsForEvidence(place) { return }
        wish.probation = peers[place].isProven ? nil : peers[place].probation
        picked.removeAll(keepingCapacity: true)
        picker.pick(for: &wish, at: now, using: &random, into: &picked)
        counters.wasted += wish.discarded
        if let probation = wish.probation { peers[place].probation = probation }
        if peers[place].isSnubbed { counters.wasted += picker.disown(peers[place].key) }
        let isIdle = picked.isEmpty && peers[place].requests.liveCount == 0
        guard isIdle, !isChoked, !wish.isOnParole, !peers[place].isSnubbed else {
            return ask(place, inRunsOf: longestRun(of: place), at: now, into: &actions)
        }
        // Of two peers that race the later is told after each block.
        pickInEndGame(for: place, at: now)
        ask(place, inRunsOf: PieceLayout.blockLength, at: now, into: &actions)
    }

    /// Asks every peer that could work and has nothing to do.
    mutating func refillIdle(at now: EngineTime, isTick: Bool = false, into actions: inout [TorrentAction]) {
        guard !isFinished else { return }
        for place in peers.indices where peers[place].requests.liveCount == 0 {
            refill(place, at: now, isTick: isTick, into: &actions)
        }
    }

    /// The peer answers again: what it still owed is void, by BEP 3; with the fast extension it is answered.
    mutating func beginAnew(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        if peers[place].isFast {
            forgetOldest(of: place)
            return refill(place, at: now, into: &actions)
        }
        // A block whose last byte came with this very message is still to be reported.
        while let index = peers[place].requests.entries.lastIndex(where: { !$0.isArriving }) { drop(index, of: place) }
        refill(place, at: now, into: &actions)
    }

    /// Others may be asked for what this peer owes us; should it come all the same, it is welcome.
    mutating func giveUpRequests(of place: Int) {
        for index in peers[place].requests.entries.indices { giveUp(index, of: place) }
        counters.wasted += picker.disown(peers[place].key)
    }

    /// Gives up what a peer that chokes us owes, but for what it gives all the same.
    mutating func giveUpChoked(of place: Int) {
        let offers = peers[place].fastOffers
        for index in peers[place].requests.entries.indices
        where !offers.contains(peers[place].requests[index].block.piece) {
            giveUp(index, of: place)
        }
        counters.wasted += picker.disown(peers[place].key)
    }

    mutating func giveUp(_ index: Int, of place: Int) {
        let entry = peers[place].requests[index]
        guard !entry.isOverdue else { return }
        peers[place].requests.giveUp(index)
        picker.update(entry.block.piece) { $0.giveUp(entry.number) }
    }

    /// Takes a request off a peer's queue and tells the peer, unless its block is coming in: that is left out.
    mutating func takeBack(_ index: Int, of place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        let entry = drop(index, of: place)
        if entry.isArriving { return actions.append(.dropIncomingBlock(peers[place].key)) }
        if peers[place].isFast { peers[place].rejects.tookBack() }
        if !peers[place].state.peerChoking { send(.cancel(entry.block), to: place, at: now, into: &actions) }
    }

    /// Takes a request off a peer's queue.
    @discardableResult
    mutating func drop(_ index: Int, of place: Int) -> RequestQueue.Entry {
        let entry = peers[place].requests.remove(at: index)
        release(entry, of: peers[place].key)
        return entry
    }

    /// The block of a request that is gone can be asked of others.
    mutating func release(_ entry: RequestQueue.Entry, of key: PeerKey) {
        picker.update(entry.block.piece) { partial in
            if entry.isOverdue { partial.releaseOverdue(entry.number) } else { partial.release(entry.number) }
            partial.endWriting(entry.number, by: key)
        }
    }

    private mutating func ask(
        _ place: Int,
        inRunsOf longest: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard !picked.isEmpty else { return }
        if peers[place].requests.liveCount == 0 {
            peers[place].deliveredAt = now
            peers[place].busySince = now
            peers[place].pipeline = startingPipeline(of: place, at: now)
        }
        var run: BlockRange?
        for block in picked {
            peers[place].requests.append(block, at: now)
            if let longer = run?.joined(with: block), longer.length <= longest {
                run = longer
                continue
            }
            if let run { actions.append(.send(.request(run), to: peers[place].key)) }
            run = block
        }
        if let run { actions.append(.send(.request(run), to: peers[place].key)) }
        peers[place].spokenAt = now
    }

    /// How many bytes to ask of a peer in one message.
    private func longestRun(of place: Int) -> Int {
        guard let longest = peers[place].handshake?.longestRun else { return PieceLayout.blockLength }
        return min(longest, settings.longestRun, peers[place].pipeline / settings.runsAhead * PieceLayout.blockLength)
    }

    /// How many blocks to keep asked of a peer that owes us none: what it had, if its rate was worth it.
    private func startingPipeline(of place: Int, at now: EngineTime) -> Int {
        let peer = peers[place]
        let reqq = peer.handshake?.requestQueueLength
        let worth = RequestQueue.target(rate: peer.down.rate(at: now), age: .infinity, reqq: reqq, settings: settings)
        let start = RequestQueue.target(rate: 0, age: 0, reqq: reqq, settings: settings)
        return max(start, min(peer.pipeline, worth))
    }

    /// Nothing is left to ask but what others owe us: of each, ask for the later half, which would come last.
    private mutating func pickInEndGame(for place: Int, at now: EngineTime) {
        for other in peers.indices where other != place {
            let entries = peers[other].requests.entries
            for entry in entries.suffix((entries.count + 1) / 2).reversed() where !entry.isOverdue {
                guard picked.count < settings.endGameBlocks else { return }
                guard now - entry.askedAt >= settings.endGameAfter, peers[place].has.contains(entry.block.piece),
                    !picked.contains(entry.block), peers[place].requests.index(of: entry.block) == nil
                else { continue }
                let isAdded = picker.update(entry.block.piece) { partial in
                    guard !partial.isExclusive, partial.blocks[entry.number].asked < 3 else { return false }
                    partial.askAgain(entry.number)
                    return true
                }
                if isAdded == true { picked.append(entry.block) }
            }
        }
    }
}
