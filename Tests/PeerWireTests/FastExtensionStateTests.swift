import BitTorrentTypes
import PeerWire
import Testing

@Suite struct `Peer connection state, with the fast extension` {
    private let layout: PieceLayout
    private var state: PeerConnectionState

    init() throws {
        layout = try PieceLayout(totalLength: 6 * 262_144, pieceLength: 262_144)
        state = PeerConnectionState(layout: layout, isFast: true)
    }

    @Test func `takes have all and have none in the place of a bitfield`() {
        var (full, empty) = (state, state)
        #expect(full.received(.haveAll) == .hasAll(of: Bitfield(allOf: 6)))
        #expect(empty.received(.haveNone) == .hasAll(of: Bitfield(pieceCount: 6)))
    }

    @Test mutating func `takes them after the extension handshake too`() {
        #expect(state.received(.extended(id: 0, payload: Array("de".utf8))) == .introduces(ExtensionHandshake()))
        #expect(state.received(.haveAll) == .hasAll(of: Bitfield(allOf: 6)))
    }

    @Test(
        arguments: [PeerMessage.unchoke, .have(1), .haveAll, .haveNone, .bitfield(Bitfield(allOf: 6))],
        [PeerMessage.haveAll, .haveNone]
    )
    func `closes when they are not first`(first: PeerMessage, second: PeerMessage) {
        var state = state
        _ = state.received(first)
        #expect(state.received(second) == .fault(.notFirst(id: second == .haveAll ? 14 : 15)))
    }

    @Test(
        arguments: [
            (.suggest(1), 13), (.haveAll, 14), (.haveNone, 15), (.reject(piece: 0, offset: 0, length: 16_384), 16),
            (.allowedFast(1), 17),
        ] as [(PeerMessage, UInt8)]
    )
    func `closes a peer that did not offer the extension`(message: PeerMessage, id: UInt8) {
        var state = PeerConnectionState(layout: layout)
        #expect(state.received(message) == .fault(.fastNotAgreed(id: id)))
    }

    @Test mutating func `ignores suggestions and permissions past the end`() throws {
        #expect(state.received(.suggest(6)) == .ignored)
        #expect(state.received(.allowedFast(.max)) == .ignored)
        #expect(state.received(.suggest(5)) == .suggests(try #require(layout.piece(5))))
        #expect(state.received(.allowedFast(0)) == .allowsFast(try #require(layout.piece(0))))
    }

    @Test mutating func `tells a reject from a reject of nothing`() throws {
        let block = layout.block(3, of: try #require(layout.piece(2)))
        #expect(state.received(.reject(block)) == .rejects(block))
        #expect(state.received(.reject(piece: 6, offset: 0, length: 1)) == .rejectsNonsense)
        #expect(state.received(.reject(piece: 0, offset: .max, length: .max)) == .rejectsNonsense)
    }
}
