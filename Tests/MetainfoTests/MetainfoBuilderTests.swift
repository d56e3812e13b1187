import Bencode
import BitTorrentTypes
import Metainfo
import Testing

@Suite struct `Metainfo builder` {
    @Test func `writes what the parser reads`() throws {
        var builder = MetainfoBuilder(
            name: "tree".bytes,
            files: [(["a".bytes], 20_000), (["b".bytes, "ö".bytes], 0), (["c".bytes], 1)],
            isSingleFile: false,
            pieceLength: 16_384,
            pieceHashes: [UInt8](repeating: 1, count: 40)
        )
        builder.trackers = [["http://a/", "http://b/"], ["udp://c"]]
        builder.webSeeds = ["http://seed/"]
        builder.isPrivate = true
        builder.comment = "comment"
        builder.source = "source"
        builder.createdBy = "p2p/0.1"
        builder.creationDate = 1_700_000_000
        let torrent = try builder.build()
        #expect(torrent.files.map(\.offset) == [0, 20_000, 20_000])
        #expect(torrent.trackers == builder.trackers)
        #expect(torrent.webSeeds == builder.webSeeds)
        #expect(torrent.isPrivate && !torrent.isSingleFile)
        #expect(torrent.comment == "comment".bytes && torrent.source == "source".bytes)
        #expect(torrent.createdBy == "p2p/0.1".bytes && torrent.creationDate == 1_700_000_000)
        #expect(torrent.warnings.isEmpty)
        #expect(try Metainfo.parse(torrent.bytes) == torrent)
    }

    @Test func `writes the canonical form of a single file`() throws {
        let builder = MetainfoBuilder(
            name: "a".bytes,
            files: [(["a".bytes], 5)],
            isSingleFile: true,
            pieceLength: 16_384,
            pieceHashes: [UInt8](repeating: 0x61, count: 20)
        )
        let text = "d4:infod6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee"
        #expect(try builder.build().bytes == text.bytes)
    }

    @Test func `refuses what would not be taken`() {
        var builder = MetainfoBuilder(
            name: "..".bytes,
            files: [(["a".bytes], 5)],
            isSingleFile: false,
            pieceLength: 16_384,
            pieceHashes: [UInt8](repeating: 0, count: 20)
        )
        #expect(throws: MetainfoError.path(.dots, path: "..")) { try builder.build() }
        builder.name = "ok".bytes
        builder.pieceHashes = []
        #expect(throws: MetainfoError.raggedPieces(count: 0)) { try builder.build() }
    }

    @Test(
        arguments: [
            (1, 16_384), (2_684_355, 16_384), (2_684_356, 32_768), (64 << 20, 128 << 10), (1 << 30, 512 << 10),
            (16 << 30, 2 << 20), (1 << 40, 16 << 20), (1 << 50, 512 << 20),
        ] as [(Int, Int)]
    )
    func `chooses pieces as libtorrent does, and larger ones only for want of numbers`(total: Int, expected: Int) {
        #expect(MetainfoBuilder.automaticPieceLength(totalLength: total) == expected)
    }
}
