package import BitTorrentTypes

/// One message of the peer protocol, without the payload of `piece`.
///
///     ┌ length: 4 bytes, of what follows ┬ id: 1 byte ┬ body ┐      a keep-alive is length 0, no id
///
/// Numbers are as they came: a ``PieceLayout`` makes trusted ones of them in ``PeerConnectionState``.
/// Blocks come as ``PeerFrameDecoder/Event`` and go out as ``BlockHeader`` and bytes, since their payload is never copied.
///
/// - Units: offsets and lengths in bytes.
/// - Source: BEP 3, "peer messages"; BEP 6 from `suggest` to `allowedFast`; BEP 10 for `extended`.
package enum PeerMessage: Hashable, Sendable {
    case keepAlive
    case choke
    case unchoke
    case interested
    case notInterested
    case have(UInt32)
    case bitfield(Bitfield)
    case request(piece: UInt32, offset: UInt32, length: UInt32)
    case cancel(piece: UInt32, offset: UInt32, length: UInt32)
    /// "You might like this piece."
    case suggest(UInt32)
    /// In the place of a bitfield, as are all and none.
    case haveAll
    case haveNone
    /// The request with these numbers will not be answered.
    case reject(piece: UInt32, offset: UInt32, length: UInt32)
    /// Requests for this piece are answered while the peer is choked.
    case allowedFast(UInt32)
    /// Id 0 is the extension handshake; the others are what the two handshakes agreed on.
    case extended(id: UInt8, payload: [UInt8])

    /// A request of our own.
    package static func request(_ block: BlockRange) -> PeerMessage {
        .request(
            piece: UInt32(truncatingIfNeeded: block.piece.rawValue),
            offset: UInt32(truncatingIfNeeded: block.offset),
            length: UInt32(truncatingIfNeeded: block.length)
        )
    }

    /// A cancel of our own.
    package static func cancel(_ block: BlockRange) -> PeerMessage {
        .cancel(
            piece: UInt32(truncatingIfNeeded: block.piece.rawValue),
            offset: UInt32(truncatingIfNeeded: block.offset),
            length: UInt32(truncatingIfNeeded: block.length)
        )
    }

    /// Our refusal of a request.
    package static func reject(_ block: BlockRange) -> PeerMessage {
        .reject(
            piece: UInt32(truncatingIfNeeded: block.piece.rawValue),
            offset: UInt32(truncatingIfNeeded: block.offset),
            length: UInt32(truncatingIfNeeded: block.length)
        )
    }

    package static func suggest(_ piece: PieceIndex) -> PeerMessage {
        .suggest(UInt32(truncatingIfNeeded: piece.rawValue))
    }

    package static func allowedFast(_ piece: PieceIndex) -> PeerMessage {
        .allowedFast(UInt32(truncatingIfNeeded: piece.rawValue))
    }

    package static func have(_ piece: PieceIndex) -> PeerMessage {
        .have(UInt32(truncatingIfNeeded: piece.rawValue))
    }
}

/// The ids of the messages that we know.
enum MessageID {
    static let choke: UInt8 = 0
    static let unchoke: UInt8 = 1
    static let interested: UInt8 = 2
    static let notInterested: UInt8 = 3
    static let have: UInt8 = 4
    static let bitfield: UInt8 = 5
    static let request: UInt8 = 6
    static let piece: UInt8 = 7
    static let cancel: UInt8 = 8
    static let suggest: UInt8 = 13
    static let haveAll: UInt8 = 14
    static let haveNone: UInt8 = 15
    static let reject: UInt8 = 16
    static let allowedFast: UInt8 = 17
    static let extended: UInt8 = 20
}

/// What stands before the payload of a `piece` message.
///
/// - Units: `offset` in the piece and `length` of the payload, in bytes.
package struct BlockHeader: Hashable, Sendable {
    /// Length prefix, id, piece and offset.
    package static let byteCount = 13

    package let piece: UInt32
    package let offset: UInt32
    package let length: Int

    package init(piece: UInt32, offset: UInt32, length: Int) {
        self.piece = piece
        self.offset = offset
        self.length = length
    }

    package init(_ block: BlockRange) {
        piece = UInt32(truncatingIfNeeded: block.piece.rawValue)
        offset = UInt32(truncatingIfNeeded: block.offset)
        length = block.length
    }
}
