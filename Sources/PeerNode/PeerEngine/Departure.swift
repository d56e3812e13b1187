package import BitTorrentTypes
package import PeerWire

/// A connection that ended, or a dial that came to nothing: with whom, after what, and why.
package struct Departure: Hashable, Sendable {
    package enum Side: Hashable, Sendable {
        /// We closed it.
        case ours
        /// The peer closed, or the network did.
        case theirs
    }

    package let at: EngineTime
    package let address: PeerAddress
    package var peerID: PeerID?
    /// From the extension handshake; bytes that need not be UTF-8.
    package var client: [UInt8]?
    /// No connection came about.
    package var isDial = false
    package var isIncoming = false
    package let closedBy: Side
    /// The reason, with its numbers.
    package let fault: PeerFault
    /// What a ban rests on.
    package var evidence: BanEvidence?
    package var connectedFor = Duration.zero
    /// Bytes.
    package var downloaded = 0
    package var uploaded = 0
}

/// What proves that a peer sent wrong data.
package enum BanEvidence: Hashable, Sendable {
    /// It alone sent all of the piece, which was bad.
    case wholePiece(PieceIndex)
    /// So many of its blocks differ from those of the good piece.
    case wrongBlocks(PieceIndex, count: Int)
}

extension BanEvidence: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wholePiece(let piece): "sent all of piece \(piece), which was bad"
        case .wrongBlocks(let piece, let count): "sent \(count) wrong blocks of piece \(piece)"
        }
    }
}
