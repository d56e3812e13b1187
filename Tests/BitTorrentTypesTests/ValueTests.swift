import BitTorrentTypes
import Testing

@Suite struct `Piece layout` {
    @Test func `has a short last piece and a short last block`() throws {
        let layout = try PieceLayout(totalLength: 70_000, pieceLength: 32_768)
        let last = try #require(layout.piece(2))
        #expect(layout.pieceCount == 3)
        #expect(layout.length(of: last) == 4_464)
        #expect(layout.blockCount(of: last) == 1)
        #expect(layout.bytes(of: layout.block(0, of: last)) == 65_536..<70_000)
        #expect(layout.piece(3) == nil && layout.piece(-1) == nil && layout.piece(UInt32.max) == nil)
    }

    @Test func `takes only ranges inside a piece`() throws {
        let layout = try PieceLayout(totalLength: 70_000, pieceLength: 32_768)
        #expect(layout.range(piece: 2, offset: 0, length: 4_464)?.length == 4_464)
        #expect(layout.range(piece: 2, offset: 0, length: 4_465) == nil)
        #expect(layout.range(piece: 0, offset: 32_768, length: 1) == nil)
        #expect(layout.range(piece: 0, offset: 0, length: 0) == nil)
        #expect(layout.range(piece: 0, offset: .max, length: .max) == nil)
        let odd = try #require(layout.range(piece: 0, offset: 1, length: 16_384))
        #expect(layout.blockNumber(of: odd) == nil)
    }

    @Test func `refuses what cannot be`() {
        #expect(throws: PieceLayoutError.emptyTorrent) { try PieceLayout(totalLength: 0, pieceLength: 1) }
        #expect(throws: PieceLayoutError.badPieceLength(0)) { try PieceLayout(totalLength: 1, pieceLength: 0) }
        #expect(throws: PieceLayoutError.tooManyPieces(.max)) { try PieceLayout(totalLength: .max, pieceLength: 1) }
    }
}

@Suite struct `Bitfield on the wire` {
    @Test func `has zero spare bits`() throws {
        #expect(Bitfield(wire: [0xFF, 0xC0], pieceCount: 10)?.isComplete == true)
        #expect(Bitfield(wire: [0xFF, 0xE0], pieceCount: 10) == nil)
        #expect(Bitfield(wire: [0xFF], pieceCount: 10) == nil)
        #expect(Bitfield(allOf: 10).bytes == [0xFF, 0xC0])
        #expect(Bitfield(pieceCount: 0).isComplete)
    }
}

@Suite struct `Peer address` {
    @Test(arguments: ["127.0.0.1:1", "[::1]:65535", "[2001:db8::1]:80"])
    func `is read as it is written`(text: String) throws {
        let address = try #require(PeerAddress(text))
        #expect(address.description == text)
        #expect(PeerAddress(compact: address.compact) == address)
    }

    @Test(arguments: [
        "", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:１", "::1:80", "[127.0.0.1]:1", "a:1",
    ])
    func `is refused when it is no address and port`(text: String) {
        #expect(PeerAddress(text) == nil)
    }
}

@Suite struct `Text from outside` {
    @Test(
        arguments: [
            (Array("plain ü 🎉".utf8), "plain ü 🎉"),
            ([0x1B, 0x5B, 0x0A], "\\u{1b}[\\u{a}"),
            (Array("a\u{202E}b".utf8), "a\\u{202e}b"),
            ([0x61, 0xFF, 0x0A], "a\\xff\\u{a}"),
        ] as [([UInt8], String)]
    )
    func `is shown without harm`(bytes: [UInt8], text: String) {
        #expect(PrintableText.escape(bytes) == text)
    }

    @Test func `is percent-encoded and back`() {
        let bytes = Array(UInt8.min ... .max)
        #expect(PercentEncoding.decode(PercentEncoding.encode(bytes).utf8) == bytes)
        for bad in ["%", "%1", "%zz", "a%"] { #expect(PercentEncoding.decode(bad.utf8) == nil) }
        #expect(PercentEncoding.decodeLeniently("%zz%41%".utf8) == Array("%zzA%".utf8))
    }

    @Test func `is hexadecimal only in ASCII`() {
        #expect(Hexadecimal.decode("0aFF".utf8) == [0x0A, 0xFF])
        for bad in ["0", "0g", "１２", " 0"] { #expect(Hexadecimal.decode(bad.utf8) == nil) }
        #expect(InfoHash(hex: String(repeating: "１", count: 40)) == nil)
    }
}
