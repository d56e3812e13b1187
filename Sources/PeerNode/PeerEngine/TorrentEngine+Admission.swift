import BitTorrentTypes
import PeerWire

// Who may connect when others are connected already.

extension TorrentEngine {
    /// Two connections of one peer that are both younger than this came from both sides dialling at once.
    private static let simultaneous = Duration.seconds(10)

    /// Throws why the connection must be closed at once; may close another one in its place.
    mutating func admit(
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
        makeWay(for: arrival, at: now, into: &actions)
        guard peers.count >= settings.maximumConnections else { return }
        guard let place = outranked(by: arrival.address, at: now) else { throw .tooManyConnections }
        close(place, .outranked, at: now, into: &actions)
    }

    /// Whether several peers may be at one address.
    func isShared(_ ip: IPAddress) -> Bool {
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

    private func canonicalPriority(of address: PeerAddress) -> UInt32? {
        ownAddresses.canonicalPriority(of: address, ownPort: settings.listenPort)
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
}
