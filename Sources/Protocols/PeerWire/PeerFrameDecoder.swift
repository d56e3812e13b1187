import BitTorrentTypes
package import NIOCore

/// Cuts the byte stream of a peer into messages, after the handshake.
///
///     reads    ┆ 00 00 00 05 04 00 ┆ 00 00 07 │ 00 00 40 09 07 … ┆ … ┆
///     events                       have(7)    block(header), payload, payload (last)
///
/// The payload of a block comes as slices of the buffers that were read, uncopied and unretained by the decoder, so that
/// the caller can write all that one read brought with one `pwritev`. Everything else is short and comes whole. However
/// the stream is cut, the events are the same, but for where payload is cut.
package struct PeerFrameDecoder: Sendable {
    package enum Event: Hashable, Sendable {
        case message(PeerMessage)
        /// A `piece` message begins; exactly `header.length` bytes follow as ``payload(_:isLast:)``.
        case block(BlockHeader)
        /// The next bytes of the block, never empty.
        case payload(ByteBuffer, isLast: Bool)
    }

    private enum State {
        case length
        case id(length: Int)
        case blockHeader(payload: Int)
        case payload(left: Int)
        case body(id: UInt8, count: Int)
        case skip(left: Int)
    }

    private let limits: PeerWireLimits
    private var state = State.length
    /// The bytes of a number that a read cut off, and how many they are.
    private var carry: UInt64 = 0
    private var carryCount = 0
    /// The part of a body that has come; empty unless a read cut a body.
    private var body = ByteBuffer()

    package init(limits: PeerWireLimits) {
        self.limits = limits
    }

    /// Takes the next event off `buffer`; `nil` when all of it was used up.
    ///
    /// Throws a ``PeerFault`` when the stream is not the protocol; the decoder is then of no more use.
    package mutating func next(from buffer: inout ByteBuffer) throws(PeerFault) -> Event? {
        while true {
            switch state {
            case .length:
                guard let length = number(bytes: 4, from: &buffer).map({ Int($0) }) else { return nil }
                guard length > 0 else { return .message(.keepAlive) }
                guard length <= limits.longest else { throw .oversized(length: length, limit: limits.longest) }
                state = .id(length: length)
            case .id(let length):
                guard let id = number(bytes: 1, from: &buffer).map({ UInt8(truncatingIfNeeded: $0) }) else {
                    return nil
                }
                try limits.check(id: id, length: length)
                state = Self.state(after: id, length: length)
            case .blockHeader(let payload):
                guard let word = number(bytes: 8, from: &buffer) else { return nil }
                state = .payload(left: payload)
                let piece = UInt32(truncatingIfNeeded: word >> 32)
                return .block(BlockHeader(piece: piece, offset: UInt32(truncatingIfNeeded: word), length: payload))
            case .payload(let left):
                guard let bytes = buffer.readSlice(length: min(left, buffer.readableBytes)), bytes.readableBytes > 0
                else { return nil }
                let rest = left - bytes.readableBytes
                state = rest == 0 ? .length : .payload(left: rest)
                return .payload(bytes, isLast: rest == 0)
            case .body(let id, let count):
                guard var body = takeBody(count, from: &buffer) else { return nil }
                state = .length
                return .message(try message(id: id, body: &body))
            case .skip(let left):
                let count = min(left, buffer.readableBytes)
                buffer.moveReaderIndex(forwardBy: count)
                state = count == left ? .length : .skip(left: left - count)
                if count < left { return nil }
            }
        }
    }

    private static func state(after id: UInt8, length: Int) -> State {
        switch id {
        case MessageID.piece: .blockHeader(payload: length - 9)
        case 0..<9, MessageID.suggest...MessageID.allowedFast, MessageID.extended: .body(id: id, count: length - 1)
        default: .skip(left: length - 1)
        }
    }

    /// A big-endian number of up to eight bytes, which reads may cut anywhere.
    private mutating func number(bytes count: Int, from buffer: inout ByteBuffer) -> UInt64? {
        if carryCount == 0, buffer.readableBytes >= count {
            switch count {
            case 1: return buffer.readInteger(as: UInt8.self).map { UInt64($0) }
            case 4: return buffer.readInteger(as: UInt32.self).map { UInt64($0) }
            default: return buffer.readInteger(as: UInt64.self)
            }
        }
        while carryCount < count {
            guard let byte = buffer.readInteger(as: UInt8.self) else { return nil }
            carry = carry << 8 | UInt64(byte)
            carryCount += 1
        }
        defer {
            carry = 0
            carryCount = 0
        }
        return carry
    }

    /// The `count` bytes of a body; room is taken as they come, not as they are promised.
    private mutating func takeBody(_ count: Int, from buffer: inout ByteBuffer) -> ByteBuffer? {
        if body.readableBytes == 0, let whole = buffer.readSlice(length: count) { return whole }
        if var part = buffer.readSlice(length: min(count - body.readableBytes, buffer.readableBytes)) {
            body.writeBuffer(&part)
        }
        guard body.readableBytes == count else { return nil }
        defer { body = ByteBuffer() }
        return body
    }

    /// The lengths were checked on the prefix, so that the numbers are there; a zero would stand for a missing one.
    private func message(id: UInt8, body: inout ByteBuffer) throws(PeerFault) -> PeerMessage {
        switch id {
        case MessageID.choke: return .choke
        case MessageID.unchoke: return .unchoke
        case MessageID.interested: return .interested
        case MessageID.notInterested: return .notInterested
        case MessageID.have: return .have(word(&body))
        case MessageID.request: return .request(piece: word(&body), offset: word(&body), length: word(&body))
        case MessageID.cancel: return .cancel(piece: word(&body), offset: word(&body), length: word(&body))
        case MessageID.suggest: return .suggest(word(&body))
        case MessageID.haveAll: return .haveAll
        case MessageID.haveNone: return .haveNone
        case MessageID.reject: return .reject(piece: word(&body), offset: word(&body), length: word(&body))
        case MessageID.allowedFast: return .allowedFast(word(&body))
        case MessageID.bitfield:
            guard let bitfield = Bitfield(wire: body.readableBytesView, pieceCount: limits.pieceCount) else {
                throw .badBitfield
            }
            return .bitfield(bitfield)
        default:
            let extendedID = body.readInteger(as: UInt8.self) ?? 0
            return .extended(id: extendedID, payload: Array(body.readableBytesView))
        }
    }

    private func word(_ body: inout ByteBuffer) -> UInt32 { body.readInteger(as: UInt32.self) ?? 0 }
}
