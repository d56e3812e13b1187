import BitTorrentTypes
import PeerWire

// What follows from the end of a connection, and what is remembered of it.

extension TorrentEngine {
    /// A connection that lasted this long, or moved a block, was worth having.
    private static let fruitfulAfter = Duration.seconds(5)

    mutating func remove(_ place: Int, _ fault: PeerFault, _ side: Departure.Side, at now: EngineTime) {
        endErrands(of: place)
        forgetRevealed(to: place)
        let peer = peers.remove(at: place)
        remember(peer, fault, side, at: now)
        for entry in peer.requests.entries { release(entry, of: peer.key) }
        counters.wasted += picker.disown(peer.key)
        if !peer.cameComplete {
            for piece in layout.pieces where peer.has.contains(piece) { picker.rarity.lower(piece) }
        }
        guard let address = peer.listenAddress else { return }
        let wasFruitful = now - peer.connectedAt >= Self.fruitfulAfter || peer.down.total > 0 || peer.up.total > 0
        book.ended(address, end(after: fault, wasFruitful: wasFruitful), at: now, using: &random)
    }

    private mutating func remember(_ peer: Peer, _ fault: PeerFault, _ side: Departure.Side, at now: EngineTime) {
        let departure = Departure(
            at: now,
            address: peer.listenAddress ?? peer.arrival.address,
            peerID: peer.arrival.peerID,
            client: peer.handshake?.client,
            isIncoming: peer.isIncoming,
            closedBy: side,
            fault: fault,
            evidence: peer.proof,
            connectedFor: now - peer.connectedAt,
            downloaded: peer.down.total,
            uploaded: peer.up.total
        )
        departureLog.add(departure)
    }

    func end(after fault: PeerFault, wasFruitful: Bool) -> AddressBook.End {
        switch fault {
        case .ownPeerID, .banned: .never
        case .duplicate: .duplicate
        case .bothComplete: .redundant
        case .outranked: .useless
        case .stopped: .fruitful
        default: wasFruitful ? .fruitful : .failed
        }
    }
}
