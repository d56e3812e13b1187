import BitTorrentTypes
package import PeerWire

// What a peer says.

extension TorrentEngine {
    package mutating func received(
        _ message: PeerMessage,
        from key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard let place = peers.place(of: key) else { return }
        peers[place].heardAt = now
        switch peers[place].state.received(message) {
        case .ignored:
            break
        case .extended(let id, let payload):
            guard let message = ExtensionMessage(id: id, payload: payload) else { break }
            extended(message, place, at: now, into: &actions)
        case .chokedUs:
            giveUpChoked(of: place)
            peers[place].chokeFlaps += 1
            peers[place].rejects.begin()
            refillIdle(at: now, into: &actions)
        case .unchokedUs:
            beginAnew(place, at: now, into: &actions)
        case .becameInterested:
            admitToSlot(place, at: now, into: &actions)
        case .lostInterest:
            // The slot is given away at the next round, so that a peer that changes its mind costs nothing.
            break
        case .has(let piece):
            peerHas(piece, place, at: now, into: &actions)
        case .hasAll(of: let bitfield):
            peerHasAll(of: bitfield, place, at: now, into: &actions)
        case .hasAlso(let bitfield):
            peerHasAlso(bitfield, place, at: now, into: &actions)
        case .requests(let range):
            requested(range, by: place, at: now, into: &actions)
        case .requestsNonsense(let piece, let offset, let length):
            refuse(.reject(piece: piece, offset: offset, length: length), to: place, at: now, into: &actions)
            ignoreRequest(of: place, at: now, into: &actions)
        case .cancels(let range):
            cancelled(range, by: place, at: now, into: &actions)
        case .suggests(let piece):
            peerSuggests(piece, place)
        case .allowsFast(let piece):
            peerAllows(piece, place, at: now, into: &actions)
        case .rejects(let block):
            peerRejects(block, place, at: now, into: &actions)
        case .rejectsNonsense:
            peerRejectsNothing(place, at: now, into: &actions)
        case .introduces(let handshake):
            introduced(handshake, place, at: now, into: &actions)
        case .fault(let fault):
            close(place, fault, at: now, into: &actions)
        }
    }

    /// Tells the peer whether it has something we want, when that changed.
    mutating func updateInterest(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        let isInterested = peers[place].interesting > 0
        guard peers[place].state.amInterested != isInterested else { return }
        peers[place].state.amInterested = isInterested
        send(isInterested ? .interested : .notInterested, to: place, at: now, into: &actions)
    }

    /// Closes a peer that can give us nothing and wants nothing; returns whether it did.
    mutating func closeIfRedundant(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) -> Bool {
        guard isFinished, peers[place].isUploadOnly else { return false }
        close(place, .bothComplete, at: now, into: &actions)
        return true
    }

    private mutating func peerHas(
        _ piece: PieceIndex,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard peers[place].has.insert(piece) else {
            peers[place].repeatedHaves += 1
            let count = peers[place].repeatedHaves
            if count > settings.repeatedHaveLimit + layout.pieceCount {
                close(place, .repeatedHaves(count), at: now, into: &actions)
            }
            return
        }
        picker.rarity.raise(piece)
        peers[place].errands.finish(piece)
        defer { revealNext(at: now, into: &actions) }
        if missing.contains(piece) {
            peers[place].interesting += 1
            updateInterest(place, at: now, into: &actions)
            if peers[place].requests.isEmpty { refill(place, at: now, into: &actions) }
        }
        if peers[place].has.isComplete { _ = closeIfRedundant(place, at: now, into: &actions) }
    }

    private mutating func peerHasAll(
        of bitfield: Bitfield,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        peers[place].has = bitfield
        peers[place].cameComplete = bitfield.isComplete
        peers[place].interesting = Self.common(bitfield, missing)
        if !bitfield.isComplete {
            for piece in layout.pieces where bitfield.contains(piece) { picker.rarity.raise(piece) }
        }
        if closeIfRedundant(place, at: now, into: &actions) { return }
        updateInterest(place, at: now, into: &actions)
        grantFast(to: place, at: now, into: &actions)
        revealNext(at: now, into: &actions)
    }

    /// A bitfield in the place of many `have` messages.
    private mutating func peerHasAlso(
        _ bitfield: Bitfield,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        let known = peers[place].has
        let news = Array(layout.pieces.filter { bitfield.contains($0) && !known.contains($0) })
        guard !news.isEmpty else {
            peers[place].repeatedBitfields += 1
            let count = peers[place].repeatedBitfields
            if count > settings.repeatedBitfieldLimit {
                close(place, .repeatedBitfield(count), at: now, into: &actions)
            }
            return
        }
        let key = peers[place].key
        for piece in news where peers.place(of: key) == place { peerHas(piece, place, at: now, into: &actions) }
    }

    private mutating func introduced(
        _ handshake: ExtensionHandshake,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        if peers[place].handshake?.update(with: handshake) == nil { peers[place].handshake = handshake }
        if let own = handshake.yourAddress, ownAddresses.hear(own, from: peers[place].arrival.address.ip) {
            book.forgetRanks()
        }
        if let reqq = handshake.requestQueueLength { peers[place].pipeline = min(peers[place].pipeline, reqq) }
        if peers[place].listenAddress == nil, let port = handshake.listenPort {
            let address = PeerAddress(ip: peers[place].arrival.address.ip, port: port)
            peers[place].listenAddress = address
            book.learn(address, from: .tracker)
            book.connected(address)
        }
        _ = closeIfRedundant(place, at: now, into: &actions)
    }

    /// How many pieces are in both.
    static func common(_ left: Bitfield, _ right: Bitfield) -> Int {
        zip(left.bytes, right.bytes).reduce(0) { $0 + ($1.0 & $1.1).nonzeroBitCount }
    }
}
