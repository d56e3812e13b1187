package import BitTorrentTypes
package import PeerWire

// Who is connected, and who is dialled.

extension TorrentEngine {
    /// Two connections of one peer that are both younger than this came from both sides dialling at once.
    private static let simultaneous = Duration.seconds(10)
    /// A connection that lasted this long, or moved a block, was worth having.
    private static let fruitfulAfter = Duration.seconds(5)

    /// A connection is up and both handshakes are done.
    ///
    /// Throws the ``PeerFault`` for which it must be closed at once. Otherwise our bitfield and extension handshake are
    /// among the actions.
    package mutating func peerConnected(
        _ arrival: PeerArrival,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) throws(PeerFault) -> PeerKey {
        do {
            try admit(arrival, at: now, into: &actions)
        } catch {
            if case .outgoing(let address) = arrival.direction { dialFailed(address, error, at: now) }
            throw error
        }
        let identity = BlameLedger.Identity(ip: arrival.address.ip, peerID: arrival.peerID)
        let contributor = ledger.known(identity)
        let pipeline = RequestQueue.target(rate: 0, age: 0, reqq: nil, settings: settings)
        let key = peers.insert { [layout] key in
            Peer(key: key, arrival: arrival, contributor: contributor, layout: layout, pipeline: pipeline, at: now)
        }
        if case .outgoing(let address) = arrival.direction { book.connected(address) }
        if let place = peers.place(of: key) { introduce(place, at: now, into: &actions) }
        return key
    }

    /// A dial that an action asked for came to nothing: no connection, or no good handshake.
    package mutating func dialFailed(_ address: PeerAddress, _ fault: PeerFault, at now: EngineTime) {
        book.ended(address, end(after: fault, wasFruitful: false), at: now, using: &random)
    }

    /// The connection is closed: by the peer, by the network, or by its owner for a fault that the decoder found.
    package mutating func peerGone(
        _ key: PeerKey,
        _ fault: PeerFault,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard let place = peers.place(of: key) else { return }
        remove(place, fault, at: now)
        refillIdle(at: now, into: &actions)
        dial(at: now, into: &actions)
    }

    /// Somebody told us where peers listen.
    package mutating func learn(
        _ addresses: some Sequence<PeerAddress>,
        from source: AddressSource,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        for address in addresses { book.learn(address, from: source) }
        dial(at: now, into: &actions)
    }

    /// Closes a connection for a reason of ours.
    mutating func close(_ place: Int, _ fault: PeerFault, at now: EngineTime, into actions: inout [TorrentAction]) {
        actions.append(.close(peers[place].key, fault))
        remove(place, fault, at: now)
    }

    /// Dials as many as are wanted and allowed.
    mutating func dial(at now: EngineTime, into actions: inout [TorrentAction]) {
        guard !isPaused else { return }
        let wanted = min(settings.wantedConnections, settings.maximumConnections) - peers.count - book.dialling
        let count = min(wanted, settings.maximumDials - book.dialling)
        guard count > 0 else { return }
        for address in book.due(count, at: now, skippingSeeds: isFinished) { actions.append(.connect(address)) }
    }

    private mutating func admit(
        _ arrival: PeerArrival,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) throws(PeerFault) {
        guard !isPaused else { throw .stopped }
        guard arrival.peerID != ownID else { throw .ownPeerID }
        let identity = BlameLedger.Identity(ip: arrival.address.ip, peerID: arrival.peerID)
        guard !ledger.isBanned(identity) else { throw .banned }
        // The address counts too, or anybody could push a peer out by taking its id.
        if let twin = peers.indices.first(where: { peers[$0].identity == identity }) {
            guard prefers(arrival, to: peers[twin], at: now) else { throw .duplicate }
            close(twin, .duplicate, at: now, into: &actions)
        }
        guard peers.count < settings.maximumConnections else { throw .tooManyConnections }
        let neighbours = peers.indices.reduce(0) { $0 + (peers[$1].arrival.address.ip == arrival.address.ip ? 1 : 0) }
        guard neighbours < settings.maximumPerAddress else { throw .tooManyFromAddress }
    }

    /// Whether a second connection of a peer replaces the first.
    ///
    /// When both sides dialled at once, both keep the one that the smaller peer id dialled. A first that has been silent
    /// may be dead without our knowing.
    private func prefers(_ arrival: PeerArrival, to old: Peer, at now: EngineTime) -> Bool {
        let isIncoming = arrival.direction == .incoming
        guard isIncoming != old.isIncoming, now - old.connectedAt < Self.simultaneous else {
            return now - old.heardAt > settings.requestTimeout
        }
        let weDialFirst = ownID.bytes.lexicographicallyPrecedes(arrival.peerID.bytes)
        return isIncoming != weDialFirst
    }

    /// What we have, which BEP 3 wants first, and our extension handshake.
    private mutating func introduce(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        tellPieces(to: place, at: now, into: &actions)
        guard peers[place].arrival.supportsExtensions else { return }
        var handshake = ExtensionHandshake()
        handshake.client = ExtensionHandshake.clientName
        handshake.requestQueueLength = settings.uploadQueueLength
        handshake.listenPort = settings.listenPort
        handshake.yourAddress = peers[place].arrival.address.ip
        handshake.isUploadOnly = isFinished
        let message = PeerMessage.extended(id: ExtensionHandshake.messageID, payload: handshake.payload)
        send(message, to: place, at: now, into: &actions)
    }

    private mutating func remove(_ place: Int, _ fault: PeerFault, at now: EngineTime) {
        let peer = peers.remove(at: place)
        for entry in peer.requests.entries { release(entry, of: peer.key) }
        counters.wasted += picker.disown(peer.key)
        if !peer.cameComplete {
            for piece in layout.pieces where peer.has.contains(piece) { picker.rarity.lower(piece) }
        }
        guard let address = peer.listenAddress else { return }
        let wasFruitful = now - peer.connectedAt >= Self.fruitfulAfter || peer.down.total > 0 || peer.up.total > 0
        book.ended(address, end(after: fault, wasFruitful: wasFruitful), at: now, using: &random)
    }

    private func end(after fault: PeerFault, wasFruitful: Bool) -> AddressBook.End {
        switch fault {
        case .ownPeerID, .banned: .never
        case .duplicate: .duplicate
        case .bothComplete: .redundant
        case .stopped: .fruitful
        default: wasFruitful ? .fruitful : .failed
        }
    }
}
