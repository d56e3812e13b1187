package import BitTorrentTypes
package import PeerWire

// Taking the blocks that come.

extension TorrentEngine {
    /// Whether a block that begins may be written.
    private enum Claim {
        case granted
        case refused
        /// Another peer is sending the same block.
        case occupied(by: PeerKey)
    }

    /// A `piece` message begins; returns where its payload is to be written, or `nil` to skip it.
    ///
    /// What is returned is one block, or several that were asked for as a run.
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
            unsolicited(header, place, at: now, into: &actions)
            return nil
        }
        let block = peers[place].requests[index].block
        guard let run = peers[place].requests.run(from: index, length: header.length),
            run.count == 1 || answersRuns(place)
        else {
            guard answersRuns(place) else {
                skip(header.length, of: place)
                let fault = PeerFault.wrongBlockLength(expected: block.length, actual: header.length)
                close(place, fault, at: now, into: &actions)
                return nil
            }
            unsolicited(header, place, at: now, into: &actions)
            return nil
        }
        for index in run where !claim(peers[place].requests[index].block, for: key, at: now, into: &actions) {
            skip(header.length, of: place)
            for index in run.reversed() { drop(index, of: place) }
            return nil
        }
        evidence.spoil(block.piece)
        for index in run {
            guard let sample = peers[place].requests.beginArriving(index, at: now) else { continue }
            peers[place].measure(roundTrip: sample)
        }
        return layout.range(piece: header.piece, offset: header.offset, length: UInt32(header.length))
    }

    /// Blocks that ``blockStarts(_:from:at:into:)`` took are wholly in the file: all that it named, or some in a row.
    package mutating func blockReceived(
        _ range: BlockRange,
        from key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard let place = peers.place(of: key) else { return }
        counters.downloaded += range.length
        peers[place].down.add(range.length, at: now)
        peers[place].heardAt = now
        peers[place].deliveredAt = now
        peers[place].isSnubbed = false
        peers[place].chokeFlaps = 0
        peers[place].unsolicitedBlocks = 0
        peers[place].rejects.begin()
        for number in layout.blockNumbers(of: range) {
            take(layout.block(number, of: range.piece), number, from: place, at: now, into: &actions)
        }
        refill(place, at: now, into: &actions)
    }

    /// Whether the peer answers several requests by one message.
    func answersRuns(_ place: Int) -> Bool { peers[place].handshake?.longestRun != nil }

    /// A block or run that was not asked for, or not any more.
    private mutating func unsolicited(
        _ header: BlockHeader,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        skip(header.length, of: place)
        // A run that crossed the cancel of some of its blocks is left out whole: the others are asked for anew.
        if answersRuns(place),
            let range = layout.range(piece: header.piece, offset: header.offset, length: UInt32(header.length))
        {
            for index in peers[place].requests.entries.indices.reversed() {
                let entry = peers[place].requests[index]
                if range.contains(entry.block), !entry.isArriving { drop(index, of: place) }
            }
        }
        // Without the fast extension a block may cross our cancel; with it, we know how many do.
        if peers[place].rejects.answered() { return }
        peers[place].unsolicitedBlocks += 1
        let count = peers[place].unsolicitedBlocks
        if count > settings.unsolicitedLimit { close(place, .unsolicitedBlocks(count), at: now, into: &actions) }
    }

    private mutating func take(
        _ block: BlockRange,
        _ number: Int,
        from place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        let key = peers[place].key
        guard let index = peers[place].requests.index(of: block), peers[place].requests[index].isArriving else {
            counters.wasted += block.length
            peers[place].wasted += block.length
            return
        }
        drop(index, of: place)
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
            peers[place].wasted += block.length
            return
        }
        if outcome.isAskedElsewhere { cancel(block, at: now, into: &actions) }
        if outcome.isFull { actions.append(.verify(block.piece)) }
    }

    /// Another peer was faster: takes the block back from everybody else who was asked.
    private mutating func cancel(_ block: BlockRange, at now: EngineTime, into actions: inout [TorrentAction]) {
        for place in peers.indices {
            // A peer that choked us in between may have been asked more than once.
            while let index = peers[place].requests.index(of: block) {
                let entry = drop(index, of: place)
                if peers[place].isFast, !entry.isArriving { peers[place].rejects.tookBack() }
                send(.cancel(block), to: place, at: now, into: &actions)
            }
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
            guard writer != key else { return false }
            if let place = peers.place(of: writer), let index = peers[place].requests.index(of: block) {
                let entry = peers[place].requests[index]
                let isSlow = entry.arrivingSince.map { now - $0 >= settings.endGameAfter } ?? false
                guard entry.isOverdue || isSlow else { return false }
                dropArriving(of: place)
                actions.append(.dropIncomingBlock(writer))
            }
            picker.update(block.piece) { $0.beginWriting(number, by: key) }
            return true
        }
    }

    /// Gives up what is coming in from a peer: a block, or all that is left of a run.
    private mutating func dropArriving(of place: Int) {
        for index in peers[place].requests.entries.indices.reversed() where peers[place].requests[index].isArriving {
            drop(index, of: place)
        }
    }

    /// Payload that is read and thrown away.
    private mutating func skip(_ length: Int, of place: Int) {
        counters.downloaded += length
        counters.wasted += length
        peers[place].wasted += length
    }

    private mutating func contributor(_ place: Int) -> Contributor {
        if let number = peers[place].contributor { return number }
        let number = ledger.contributor(peers[place].identity, port: peers[place].arrival.address.port)
        peers[place].contributor = number
        return number
    }
}
