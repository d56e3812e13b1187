import BitTorrentTypes

/// How long a message of a kind may be; held against the length prefix before a byte of the body is kept.
///
/// Blocks that follow one another may be asked for as one run, of a peer that says in its extension handshake that it
/// answers such a request (`max_block`). A run is no more than the requests for its blocks, said in one message: it may
/// be taken back, rejected and answered in parts, at the borders of blocks. Every message costs both sides the same
/// whatever its length, so that a run of sixteen blocks costs a fraction.
///
///     request   │ 16 KiB │ 16 KiB │ 16 KiB │ 16 KiB │      four messages, answered by four
///     run       │ 64 KiB                            │      one message, answered by one
///
/// - Units: bytes.
package struct PeerWireLimits: Hashable, Sendable {
    /// The longest range that any peer may ask of us: the 128 KiB that other clients serve.
    package static let maximumRequestLength = 128 * 1024
    /// The longest run that nodes of ours ask of one another.
    package static let maximumRunLength = 256 * 1024

    /// The piece count fixes the length of a `bitfield`.
    package let pieceCount: Int
    /// The longest payload of a `piece`: what we ask for, of anybody.
    package let blockLength: Int
    /// The longest `extended` message: a metadata piece is 16 KiB and a little, real handshakes are below 1 KiB.
    package let extendedLength: Int
    /// The longest message of an unknown id; it is skipped as it comes and never kept.
    package let unknownLength: Int

    package init(
        pieceCount: Int,
        blockLength: Int = PieceLayout.blockLength,
        extendedLength: Int = 256 * 1024,
        unknownLength: Int = 256 * 1024
    ) {
        self.pieceCount = pieceCount
        self.blockLength = blockLength
        self.extendedLength = extendedLength
        self.unknownLength = unknownLength
    }

    /// Checks the length of a message, its id byte included; what passes may be read.
    func check(id: UInt8, length: Int) throws(PeerFault) {
        let expected: Int
        switch id {
        case MessageID.choke, MessageID.unchoke, MessageID.interested, MessageID.notInterested, MessageID.haveAll,
            MessageID.haveNone:
            expected = 1
        case MessageID.have, MessageID.suggest, MessageID.allowedFast:
            expected = 5
        case MessageID.bitfield:
            expected = 1 + Bitfield.byteCount(pieceCount: pieceCount)
        case MessageID.request, MessageID.cancel, MessageID.reject:
            expected = 13
        case MessageID.piece:
            guard length >= 9 else { throw .badLength(id: id, expected: 9 + PieceLayout.blockLength, actual: length) }
            guard length > 9 else { throw .emptyBlock }
            guard length - 9 <= blockLength else { throw .oversized(length: length, limit: 9 + blockLength) }
            return
        case MessageID.extended:
            guard length >= 2 else { throw .emptyExtendedMessage }
            guard length <= extendedLength else { throw .oversized(length: length, limit: extendedLength) }
            return
        default:
            guard length <= unknownLength else { throw .oversized(length: length, limit: unknownLength) }
            return
        }
        guard length == expected else { throw .badLength(id: id, expected: expected, actual: length) }
    }

    /// The longest message of any kind: a prefix above it is refused before the id has come.
    var longest: Int {
        max(9 + blockLength, extendedLength, unknownLength, 1 + Bitfield.byteCount(pieceCount: pieceCount))
    }
}
