package import BitTorrentTypes
package import PeerWire

/// One connection for as long as it lasts; a later connection never gets the same key.
package struct PeerKey: Hashable, Sendable {
    let slot: Int32
    let generation: UInt32

    init(slot: Int32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }
}

extension PeerKey: CustomStringConvertible {
    package var description: String { "\(slot).\(generation)" }
}

/// A connection whose two handshakes are done.
package struct PeerArrival: Hashable, Sendable {
    package enum Direction: Hashable, Sendable {
        case incoming
        /// We dialled this address, as a ``TorrentAction/connect(_:)`` asked.
        case outgoing(PeerAddress)
    }

    package let direction: Direction
    /// The remote end of the socket.
    package let address: PeerAddress
    package let peerID: PeerID
    package let infoHash: InfoHash
    package let supportsExtensions: Bool
    package let supportsFast: Bool

    package init(direction: Direction, address: PeerAddress, handshake: Handshake) {
        self.direction = direction
        self.address = address
        peerID = handshake.peerID
        infoHash = handshake.infoHash
        supportsExtensions = handshake.supportsExtensions
        supportsFast = handshake.supportsFast
    }
}

/// Who told us an address.
package enum AddressSource: Hashable, Sendable {
    case tracker
    /// A person: tried before the others and again sooner.
    case user
}
