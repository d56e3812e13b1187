import BitTorrentTypes
package import NIOCore

extension ByteBuffer {
    /// Appends `message`, length prefix included.
    package mutating func writePeerMessage(_ message: PeerMessage) {
        switch message {
        case .keepAlive:
            writeInteger(UInt32(0))
        case .choke:
            writeFlag(MessageID.choke)
        case .unchoke:
            writeFlag(MessageID.unchoke)
        case .interested:
            writeFlag(MessageID.interested)
        case .notInterested:
            writeFlag(MessageID.notInterested)
        case .have(let piece):
            writeMultipleIntegers(UInt32(5), MessageID.have, piece)
        case .bitfield(let bitfield):
            writeMultipleIntegers(UInt32(1 + bitfield.bytes.count), MessageID.bitfield)
            writeBytes(bitfield.bytes)
        case .request(let piece, let offset, let length):
            writeMultipleIntegers(UInt32(13), MessageID.request, piece, offset, length)
        case .cancel(let piece, let offset, let length):
            writeMultipleIntegers(UInt32(13), MessageID.cancel, piece, offset, length)
        case .suggest(let piece):
            writeMultipleIntegers(UInt32(5), MessageID.suggest, piece)
        case .haveAll:
            writeFlag(MessageID.haveAll)
        case .haveNone:
            writeFlag(MessageID.haveNone)
        case .reject(let piece, let offset, let length):
            writeMultipleIntegers(UInt32(13), MessageID.reject, piece, offset, length)
        case .allowedFast(let piece):
            writeMultipleIntegers(UInt32(5), MessageID.allowedFast, piece)
        case .extended(let id, let payload):
            writeMultipleIntegers(UInt32(2 + payload.count), MessageID.extended, id)
            writeBytes(payload)
        }
    }

    /// Appends the 13 bytes before a block; its `length` bytes of payload must follow.
    package mutating func writeBlockHeader(_ header: BlockHeader) {
        writeMultipleIntegers(UInt32(9 + header.length), MessageID.piece, header.piece, header.offset)
    }

    private mutating func writeFlag(_ id: UInt8) {
        writeMultipleIntegers(UInt32(1), id)
    }
}
