package import BitTorrentTypes
package import PeerWire

// Asking for blocks, and taking them.

extension TorrentEngine {
    /// Whether a block that begins may be written.
    private enum Claim {
        case granted
        case refused
        /// Another peer is sending the same block.
        case occupied(by: PeerKey)
    }

    /// A `piece` message begins; returns where its payload is to be written, or `nil` to skip it.
    package mutating func blockStarts(
        _ header: BlockHeader,
        from key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) -> BlockRange? {
        guard let place = peers.place(of: key) else { return nil }
        peers[place].heardAt = now
        peers[place].state.receivedBlock()
        guard let index = peers[place].requests.index(piece: header.piece, offset: header.offset),
            !peers[place].requests[index].isArriving
        else {
            skip(header.length, of: place)
            // Without the fast extension a block may cross our cancel; with it, we know how many do.
            if peers[place].rejects.answered() { return nil }
            peers[place].unsolicitedBlocks += 1
            let count = peers[place].unsolicitedBlocks
            if count > settings.unsolicitedLimit { close(place, .unsolicitedBlocks(count), at: now, into: &actions) }
            return nil
        }
        let block = peers[place].requests[index].block
        guard header.length == block.length else {
            skip(header.length, of: place)
            let fault = PeerFault.wrongBlockLength(expected: block.length, actual: header.length)
            close(place, fault, at: now, into: &actions)
            return nil
        }
        guard claim(block, for: key, at: now, into: &actions) else {
            skip(header.length, of: place)
            drop(index, of: place)
            return nil
        }
        peers[place].requests.beginArriving(index, at: now)
        return block
    }

    /// A block that ``blockStarts(_:from:at:into:)`` took is wholly in the file.
    package mutating func blockReceived(
        _ block: BlockRange,
        from key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard let place = peers.place(of: key) else { return }
        counters.downloaded += block.length
        peers[place].down.add(block.length, at: now)
        peers[place].heardAt = now
        peers[place].deliveredAt = now
        peers[place].isSnubbed = false
        peers[place].chokeFlaps = 0
        peers[place].unsolicitedBlocks = 0
        peers[place].rejects.begin()
        guard let index = peers[place].requests.index(of: block), peers[place].requests[index].isArriving else {
            counters.wasted += block.length
            return
        }
        let number = drop(index, of: place).number
        if peers[place].isStarting(at: now) {
            let reqq = peers[place].handshake?.requestQueueLength
            peers[place].pipeline = min(peers[place].pipeline + 1, RequestQueue.limit(reqq: reqq, settings: settings))
        }
        let contributor = contributor(place)
        let partial = picker.update(block.piece) { partial -> (isFull: Bool, isAskedElsewhere: Bool)? in
            guard partial.blocks[number].sender == nil, !partial.isExclusive || partial.owner == key else { return nil }
            partial.receive(number, from: contributor)
            return (partial.isFull, partial.blocks[number].asked + partial.blocks[number].overdue > 0)
        }
        guard let outcome = partial ?? nil else {
            counters.wasted += block.length
            return
        }
        if outcome.isAskedElsewhere { cancel(block, at: now, into: &actions) }
        if outcome.isFull { actions.append(.verify(block.piece)) }
        refill(place, at: now, into: &actions)
    }

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
        let room = peers[place].requests.room(target: peers[place].isSnubbed ? 1 : peers[place].pipeline)
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
        wish.probation = peers[place].isProven ? nil : peers[place].probation
        picked.removeAll(keepingCapacity: true)
        picker.pick(for: &wish, at: now, using: &random, into: &picked)
        counters.wasted += wish.discarded
        if let probation = wish.probation { peers[place].probation = probation }
        if peers[place].isSnubbed { counters.wasted += picker.disown(peers[place].key) }
        let isIdle = picked.isEmpty && peers[place].requests.liveCount == 0
        if isIdle, !isChoked, !wish.isOnParole, !peers[place].isSnubbed { pickInEndGame(for: place, at: now) }
        ask(place, at: now, into: &actions)
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

    /// The peer chokes us. What it gives all the same we still count on.
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

    private mutating func ask(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        guard !picked.isEmpty else { return }
        if peers[place].requests.liveCount == 0 {
            peers[place].deliveredAt = now
            peers[place].busySince = now
            let reqq = peers[place].handshake?.requestQueueLength
            let start = min(settings.initialPipeline, RequestQueue.limit(reqq: reqq, settings: settings))
            peers[place].pipeline = max(peers[place].pipeline, start)
        }
        for block in picked {
            peers[place].requests.append(block, at: now)
            actions.append(.send(.request(block), to: peers[place].key))
        }
        peers[place].spokenAt = now
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

    /// Another peer was faster: takes the block back from everybody else who was asked.
    private mutating func cancel(_ block: BlockRange, at now: EngineTime, into actions: inout [TorrentAction]) {
        for place in peers.indices {
            guard let index = peers[place].requests.index(of: block) else { continue }
            let entry = drop(index, of: place)
            if peers[place].isFast, !entry.isArriving { peers[place].rejects.tookBack() }
            send(.cancel(block), to: place, at: now, into: &actions)
        }
    }

    /// Lets one peer at a time write a block, or their bytes would mix.
    ///
    /// The writer is replaced when we gave up on it, or when one block takes it longer than a request may take in the
    /// end-game.
    private mutating func claim(
        _ block: BlockRange,
        for key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) -> Bool {
        let number = block.offset / PieceLayout.blockLength
        let claim = picker.update(block.piece) { partial -> Claim in
            guard !partial.isExclusive || partial.owner == key, partial.blocks[number].sender == nil else {
                return .refused
            }
            if let writer = partial.blocks[number].writer { return .occupied(by: writer) }
            partial.beginWriting(number, by: key)
            return .granted
        }
        switch claim ?? .refused {
        case .granted:
            return true
        case .refused:
            return false
        case .occupied(by: let writer):
            if let place = peers.place(of: writer), let index = peers[place].requests.index(of: block) {
                let entry = peers[place].requests[index]
                let isSlow = entry.arrivingSince.map { now - $0 >= settings.endGameAfter } ?? false
                guard entry.isOverdue || isSlow else { return false }
                drop(index, of: place)
                actions.append(.dropIncomingBlock(writer))
            }
            picker.update(block.piece) { $0.beginWriting(number, by: key) }
            return true
        }
    }

    /// Payload that is read and thrown away.
    private mutating func skip(_ length: Int, of place: Int) {
        counters.downloaded += length
        counters.wasted += length
    }

    private mutating func contributor(_ place: Int) -> Contributor {
        if let number = peers[place].contributor { return number }
        let number = ledger.contributor(peers[place].identity)
        peers[place].contributor = number
        return number
    }
}
