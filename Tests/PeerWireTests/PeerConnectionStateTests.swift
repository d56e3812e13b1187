import BitTorrentTypes
import PeerWire
import Testing

@Suite struct `Peer connection state` {
    private let layout: PieceLayout
    private var state: PeerConnectionState

    init() throws {
        layout = try PieceLayout(totalLength: 5 * 262_144 + 100, pieceLength: 262_144)
        state = PeerConnectionState(layout: layout)
    }

    @Test mutating func `begins choked and not interested on both sides`() {
        #expect(state.amChoking && state.peerChoking)
        #expect(!state.amInterested && !state.peerInterested)
        #expect(state.phase == .first)
    }

    @Test mutating func `takes each flag once`() {
        #expect(state.received(.unchoke) == .unchokedUs)
        #expect(state.received(.unchoke) == .ignored)
        #expect(!state.peerChoking)
        #expect(state.received(.choke) == .chokedUs)
        #expect(state.received(.choke) == .ignored)
        #expect(state.received(.interested) == .becameInterested)
        #expect(state.received(.interested) == .ignored)
        #expect(state.received(.notInterested) == .lostInterest)
        #expect(state.received(.notInterested) == .ignored)
    }

    @Test mutating func `welcomes a bitfield first, also after keep-alives and the extension handshake`() {
        let all = Bitfield(allOf: layout.pieceCount)
        #expect(state.received(.keepAlive) == .ignored)
        #expect(state.received(.extended(id: 0, payload: Array("de".utf8))) == .introduces(ExtensionHandshake()))
        #expect(state.received(.bitfield(all)) == .hasAll(of: all))
        #expect(state.received(.bitfield(all)) == .hasAlso(all))
    }

    @Test mutating func `means nothing any more once it is closed`() {
        state.close()
        #expect(state.received(.unchoke) == .ignored)
        #expect(state.received(.bitfield(Bitfield(allOf: layout.pieceCount))) == .ignored)
    }

    @Test(arguments: [PeerMessage.unchoke, .have(1), .interested, .request(piece: 0, offset: 0, length: 1)])
    func `takes a bitfield after the first message as news`(first: PeerMessage) {
        var state = state
        _ = state.received(first)
        let all = Bitfield(allOf: layout.pieceCount)
        #expect(state.received(.bitfield(all)) == .hasAlso(all))
    }

    @Test mutating func `takes a bitfield after a block as news`() {
        state.receivedBlock()
        let none = Bitfield(pieceCount: 6)
        #expect(state.received(.bitfield(none)) == .hasAlso(none))
    }

    @Test(arguments: [6, 7, UInt32.max]) func `closes for a have past the end`(index: UInt32) {
        var state = state
        #expect(state.received(.have(index)) == .fault(.noSuchPiece(index)))
    }

    @Test mutating func `trusts a have of a piece that exists`() throws {
        #expect(state.received(.have(5)) == .has(try #require(layout.piece(5))))
    }

    @Test(
        arguments: [
            (0, 0, 16_384, true), (0, 0, 131_072, true), (0, 0, 131_073, false), (0, 262_143, 1, true),
            (0, 262_143, 2, false), (0, 262_144, 1, false), (0, 0, 0, false), (5, 0, 100, true), (5, 0, 101, false),
            (5, 99, 1, true), (6, 0, 1, false), (0, .max, .max, false), (.max, 0, 1, false), (0, 1, .max, false),
        ] as [(UInt32, UInt32, UInt32, Bool)]
    )
    func `answers only requests inside a piece`(piece: UInt32, offset: UInt32, length: UInt32, isGood: Bool) {
        var state = state
        let meaning = state.received(.request(piece: piece, offset: offset, length: length))
        let range = layout.range(piece: piece, offset: offset, length: length)
        let nonsense = PeerConnectionState.Meaning.requestsNonsense(piece: piece, offset: offset, length: length)
        #expect(meaning == (isGood ? range.map { .requests($0) } : nonsense))
        let cancel = state.received(.cancel(piece: piece, offset: offset, length: length))
        #expect(cancel == (isGood ? range.map { .cancels($0) } : .ignored))
    }

    @Test(arguments: [(131_072, true, true), (131_073, false, true), (262_144, false, true), (262_145, false, false)])
    func `answers longer requests of a peer that speaks of runs`(length: UInt32, toAny: Bool, toRunner: Bool) throws {
        let layout = try PieceLayout(totalLength: 1 << 20, pieceLength: 1 << 19)
        var any = PeerConnectionState(layout: layout)
        var runner = any
        _ = runner.received(.extended(id: 0, payload: Array("d9:max_blocki16384ee".utf8)))
        for (state, isGood) in [(any, toAny), (runner, toRunner)] {
            var state = state
            let meaning = state.received(.request(piece: 0, offset: 0, length: length))
            let range = layout.range(piece: 0, offset: 0, length: length)
            let nonsense = PeerConnectionState.Meaning.requestsNonsense(piece: 0, offset: 0, length: length)
            #expect(meaning == (isGood ? range.map { .requests($0) } : nonsense))
        }
        _ = any.received(.extended(id: 0, payload: Array("de".utf8)))
        #expect(any.received(.cancel(piece: 0, offset: 0, length: 131_073)) == .ignored)
    }

    @Test mutating func `ignores a rubbish extension handshake and passes other extensions on`() {
        #expect(state.received(.extended(id: 0, payload: [1, 2, 3])) == .ignored)
        #expect(state.received(.extended(id: 9, payload: [1])) == .extended(id: 9, payload: [1]))
    }
}
