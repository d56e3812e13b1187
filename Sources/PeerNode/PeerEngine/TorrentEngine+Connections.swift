package import BitTorrentTypes
package import PeerWire

// Who is connected, and who is dialled.

extension TorrentEngine {
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
        revealNext(at: now, into: &actions)
        return key
    }

    /// A dial that an action asked for came to nothing: no connection, or no good handshake.
    package mutating func dialFailed(_ address: PeerAddress, _ fault: PeerFault, at now: EngineTime) {
        departureLog.add(
            Departure(at: now, address: address, isDial: true, closedBy: .theirs, fault: fault)
        )
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
        remove(place, fault, .theirs, at: now)
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
        remove(place, fault, .ours, at: now)
    }

    /// Dials as many as are wanted and allowed.
    mutating func dial(at now: EngineTime, into actions: inout [TorrentAction]) {
        guard !isPaused else { return }
        var wanted = connectionGoal - peers.count - book.dialling
        if wanted <= 0 { wanted = turnover(at: now) }
        let count = min(wanted, settings.maximumDials - book.dialling)
        // Looked at first: who is connected is a long list where many peers come and go and nobody is to be dialled.
        guard count > 0, book.hasDue(at: now, skippingSeeds: isFinished) else { return }
        let taken = Set(peers.indices.map { peers[$0].arrival.address.ip }).filter { !isShared($0) }
        let (own, port) = (ownAddresses, settings.listenPort)
        let due = book.due(
            count,
            at: now,
            skippingSeeds: isFinished,
            isOpen: { !taken.contains($0.ip) },
            rank: { own.canonicalPriority(of: $0, ownPort: port) }
        )
        for address in due { actions.append(.connect(address)) }
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
        handshake.isUploadOnly = isFinished && !hidesPieces ? true : nil
        handshake.longestRun = settings.longestRun
        let message = PeerMessage.extended(id: ExtensionHandshake.messageID, payload: handshake.payload)
        send(message, to: place, at: now, into: &actions)
    }
}
