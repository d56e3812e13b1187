import BitTorrentTypes
import NIOCore
import PeerWire
import Testing

/// Decodes `bytes` cut at `cuts`, and joins the payload of each block.
private func decode(
    _ bytes: [UInt8],
    pieceCount: Int = 10,
    reads: (Int) -> Int
) throws -> [PeerFrameDecoder.Event] {
    var decoder = PeerFrameDecoder(limits: PeerWireLimits(pieceCount: pieceCount))
    var events: [PeerFrameDecoder.Event] = []
    var block = ByteBuffer()
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = max(1, min(rest.count, reads(rest.count)))
        var buffer = ByteBuffer(bytes: rest.prefix(count))
        rest = rest.dropFirst(count)
        while let event = try decoder.next(from: &buffer) {
            guard case .payload(var part, let isLast) = event else {
                events.append(event)
                continue
            }
            #expect(part.readableBytes > 0)
            block.writeBuffer(&part)
            if isLast {
                events.append(.payload(block, isLast: true))
                block = ByteBuffer()
            }
        }
        #expect(buffer.readableBytes == 0)
    }
    return events
}

@Suite struct `Peer frame decoder` {
    private static func everyMessage() -> (bytes: [UInt8], events: [PeerFrameDecoder.Event]) {
        let messages: [PeerMessage] = [
            .bitfield(Bitfield(allOf: 10)), .unchoke, .interested, .keepAlive, .have(9), .have(UInt32.max),
            .request(piece: 1, offset: 16384, length: 16384), .cancel(piece: 1, offset: 2, length: .max), .choke,
            .notInterested, .suggest(3), .haveAll, .haveNone, .reject(piece: .max, offset: 1, length: 0),
            .allowedFast(7), .extended(id: 0, payload: Array("de".utf8)), .extended(id: 3, payload: []),
        ]
        let payload = ByteBuffer(bytes: (0..<16384).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        let header = BlockHeader(piece: 7, offset: 32768, length: payload.readableBytes)
        var buffer = ByteBuffer()
        var events: [PeerFrameDecoder.Event] = []
        for message in messages {
            buffer.writePeerMessage(message)
            events.append(.message(message))
            buffer.writeBlockHeader(header)
            buffer.writeImmutableBuffer(payload)
            events += [.block(header), .payload(payload, isLast: true)]
            // Messages of ids that nobody told us about are skipped: the `port` of BEP 5, and a long one.
            buffer.writeBytes([0, 0, 0, 3, 9, 0x1A, 0xE1, 0, 0, 1, 0, 99] + [UInt8](repeating: 5, count: 255))
        }
        return (Array(buffer.readableBytesView), events)
    }

    @Test func `reads a stream that comes whole`() throws {
        let (bytes, events) = Self.everyMessage()
        #expect(try decode(bytes) { $0 } == events)
    }

    @Test func `reads a stream that comes byte by byte`() throws {
        let (bytes, events) = Self.everyMessage()
        #expect(try decode(bytes) { _ in 1 } == events)
    }

    @Test(arguments: 0..<20) func `reads a stream that is cut anywhere`(seed: Int) throws {
        let (bytes, events) = Self.everyMessage()
        var random = SystemRandomNumberGenerator()
        let most = [3, 17, 600, 40_000][seed % 4]
        #expect(try decode(bytes) { _ in Int.random(in: 1...most, using: &random) } == events)
    }

    @Test func `hands payload out as slices of what was read`() throws {
        var decoder = PeerFrameDecoder(limits: PeerWireLimits(pieceCount: 1))
        var buffer = ByteBuffer()
        buffer.writeBlockHeader(BlockHeader(piece: 0, offset: 0, length: 6))
        buffer.writeBytes([1, 2, 3])
        #expect(try decoder.next(from: &buffer) == .block(BlockHeader(piece: 0, offset: 0, length: 6)))
        #expect(try decoder.next(from: &buffer) == .payload(ByteBuffer(bytes: [1, 2, 3]), isLast: false))
        #expect(try decoder.next(from: &buffer) == nil)
        var second = ByteBuffer(bytes: [4, 5, 6, 0, 0, 0, 0])
        #expect(try decoder.next(from: &second) == .payload(ByteBuffer(bytes: [4, 5, 6]), isLast: true))
        #expect(try decoder.next(from: &second) == .message(.keepAlive))
        #expect(try decoder.next(from: &second) == nil)
    }

    /// Only what is written here is fed: the fault must be known before the body.
    @Test(
        arguments: [
            (Array("\u{13}Bit".utf8), PeerFault.oversized(length: 0x1342_6974, limit: 262_144)),
            ([0x04, 0, 0, 0], .oversized(length: 64 << 20, limit: 262_144)),
            ([0xFF, 0xFF, 0xFF, 0xFF], .oversized(length: 0xFFFF_FFFF, limit: 262_144)),
            ([0, 0, 0x40, 0x0A, 7], .oversized(length: 16394, limit: 16393)),
            ([0, 0, 0, 2, 0], .badLength(id: 0, expected: 1, actual: 2)),
            ([0, 0, 0, 5, 1], .badLength(id: 1, expected: 1, actual: 5)),
            ([0, 0, 0, 3, 2], .badLength(id: 2, expected: 1, actual: 3)),
            ([0, 0, 0, 9, 3], .badLength(id: 3, expected: 1, actual: 9)),
            ([0, 0, 0, 4, 4], .badLength(id: 4, expected: 5, actual: 4)),
            ([0, 0, 0, 6, 4], .badLength(id: 4, expected: 5, actual: 6)),
            ([0, 0, 0, 1, 5], .badLength(id: 5, expected: 3, actual: 1)),
            ([0, 0, 0, 2, 5], .badLength(id: 5, expected: 3, actual: 2)),
            ([0, 0, 0, 4, 5], .badLength(id: 5, expected: 3, actual: 4)),
            ([0, 0, 0, 12, 6], .badLength(id: 6, expected: 13, actual: 12)),
            ([0, 0, 0, 17, 8], .badLength(id: 8, expected: 13, actual: 17)),
            ([0, 0, 0, 5, 7], .badLength(id: 7, expected: 16393, actual: 5)),
            ([0, 0, 0, 9, 7], .emptyBlock),
            ([0, 0, 0, 4, 13], .badLength(id: 13, expected: 5, actual: 4)),
            ([0, 0, 0, 2, 14], .badLength(id: 14, expected: 1, actual: 2)),
            ([0, 0, 0, 5, 15], .badLength(id: 15, expected: 1, actual: 5)),
            ([0, 0, 0, 12, 16], .badLength(id: 16, expected: 13, actual: 12)),
            ([0, 0, 0, 1, 17], .badLength(id: 17, expected: 5, actual: 1)),
            ([0, 0, 0, 1, 20], .emptyExtendedMessage),
            ([0, 0, 0, 3, 5, 0xFF, 0xFF], .badBitfield),
        ] as [([UInt8], PeerFault)]
    )
    func `refuses a message by its first bytes`(bytes: [UInt8], fault: PeerFault) {
        #expect(throws: fault) { try decode(bytes) { $0 } }
        #expect(throws: fault) { try decode(bytes) { _ in 1 } }
    }

    @Test func `a million keep-alives are a million events and nothing kept`() throws {
        var decoder = PeerFrameDecoder(limits: PeerWireLimits(pieceCount: 1))
        var buffer = ByteBuffer(repeating: 0, count: 4_000_000)
        var count = 0
        while try decoder.next(from: &buffer) == .message(.keepAlive) { count += 1 }
        #expect(count == 1_000_000)
    }

    @Test func `rubbish ends in a fault or in messages, never in a trap`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<300, using: &random)).map { index -> UInt8 in
                index % 5 < 3 ? 0 : UInt8.random(in: 0..<22, using: &random)
            }
            _ = try? decode(bytes) { _ in 7 }
        }
    }
}
