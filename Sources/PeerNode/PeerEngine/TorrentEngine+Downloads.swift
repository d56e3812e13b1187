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
        evidence.spoil(block.piece)
        if let sample = peers[place].requests.beginArriving(index, at: now) { peers[place].measure(roundTrip: sample) }
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
            peers[place].wasted += block.length
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
            peers[place].wasted += block.length
            return
        }
        if outcome.isAskedElsewhere { cancel(block, at: now, into: &actions) }
        if outcome.isFull { actions.append(.verify(block.piece)) }
        refill(place, at: now, into: &actions)
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
        peers[place].wasted += length
    }

    private mutating func contributor(_ place: Int) -> Contributor {
        if let number = peers[place].contributor { return number }
        let number = ledger.contributor(peers[place].identity, port: peers[place].arrival.address.port)
        peers[place].contributor = number
        return number
    }
}
