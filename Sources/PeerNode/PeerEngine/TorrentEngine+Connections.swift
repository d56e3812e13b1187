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
        let taken = Set(peers.indices.map { peers[$0].arrival.address.ip })
        let due = book.due(
            count,
            at: now,
            skippingSeeds: isFinished,
            isOpen: { !taken.contains($0.ip) || self.isShared($0.ip) },
            rank: { self.canonicalPriority(of: $0) }
        )
        for address in due { actions.append(.connect(address)) }
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
        let neighbours = peers.indices.reduce(0) { $0 + (peers[$1].arrival.address.ip == arrival.address.ip ? 1 : 0) }
        guard neighbours < (isShared(arrival.address.ip) ? settings.maximumPerAddress : 1) else {
            throw .tooManyFromAddress
        }
        guard peers.count >= settings.maximumConnections else { return }
        guard let place = outranked(by: arrival.address, at: now) else { throw .tooManyConnections }
        close(place, .outranked, at: now, into: &actions)
    }

    /// Whether several peers may be at one address.
    private func isShared(_ ip: IPAddress) -> Bool {
        ip.isLoopback || settings.addressSharing == .severalPeers
    }

    /// The idle peer that the swarm prefers least, if it prefers the one at `address` to it.
    private func outranked(by address: PeerAddress, at now: EngineTime) -> Int? {
        guard let priority = canonicalPriority(of: address) else { return nil }
        let idle = peers.indices.compactMap { place -> (place: Int, priority: UInt32)? in
            let peer = peers[place]
            guard peer.requests.liveCount == 0, !peer.uploads.isServing, peer.down.rate(at: now) < 1,
                peer.up.rate(at: now) < 1
            else { return nil }
            return canonicalPriority(of: peer.arrival.address).map { (place, $0) }
        }
        guard let last = idle.min(by: { $0.priority < $1.priority }), last.priority < priority else { return nil }
        return last.place
    }

    /// How much the swarm prefers a connection between us and `address`; unknown until peers told us where they see us.
    private func canonicalPriority(of address: PeerAddress) -> UInt32? {
        guard let own = address.ip.isIPv6 ? ownAddresses.v6 : ownAddresses.v4 else { return nil }
        let ownAddress = PeerAddress(ip: own, port: settings.listenPort ?? 0)
        return CanonicalPriority.priority(of: address, seenFrom: ownAddress)
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
        handshake.extensions = ExtensionMessage.offered
        handshake.isUploadOnly = isFinished ? true : nil
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
