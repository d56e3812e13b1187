import Bencode
import BitTorrentTypes
import Metainfo
import Testing

@Suite struct `Metainfo file` {
    @Test func `reads a single file`() throws {
        let torrent = try Metainfo.parse(SampleTorrent.bytes())
        #expect(torrent.name == "sample.bin".bytes)
        #expect(torrent.isSingleFile)
        #expect(torrent.files == [MetainfoFile(path: ["sample.bin".bytes], length: 40_000, offset: 0)])
        #expect(torrent.layout.pieceCount == 3)
        #expect(torrent.trackers == [["http://tracker.example/announce"]])
        #expect(torrent.warnings.isEmpty)
        let last = try #require(torrent.layout.piece(2))
        #expect(Array(torrent.hash(of: last)) == [UInt8](repeating: 0xAB, count: 20))
    }

    @Test func `takes the info-hash over the bytes as they stand`() throws {
        // The info dictionary of this file was hashed with sha1sum.
        let info = "d6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"
        let torrent = try Metainfo.parse("d4:info\(info)e".bytes)
        #expect(Array(torrent.infoBytes) == info.bytes)
        #expect(torrent.infoHash.hex == "d0d24694da2b8aa2fb5978c5a9f0ded040b4fb36")
        #expect(torrent.trackers.isEmpty)
    }

    @Test func `reads everything that is optional`() throws {
        let bytes = SampleTorrent.bytes(
            info: ["private": 1, "source": "SRC", "unknown": [1, 2]],
            outer: [
                "announce-list": [["http://a/", "udp://b:1/"], ["https://c/"]],
                "url-list": ["http://seed/", "ftp://no/"],
                "comment": "plain", "comment.utf-8": "better", "created by": "me", "creation date": 1_700_000_000,
                "encoding": "KOI8-R", "zzz": ["a": "b"],
            ]
        )
        let torrent = try Metainfo.parse(bytes)
        #expect(torrent.isPrivate)
        #expect(torrent.source == "SRC".bytes)
        #expect(torrent.trackers == [["http://a/", "udp://b:1/"], ["https://c/"]])
        #expect(torrent.webSeeds == ["http://seed/"])
        #expect(torrent.comment == "better".bytes)
        #expect(torrent.createdBy == "me".bytes)
        #expect(torrent.creationDate == 1_700_000_000)
        #expect(torrent.warnings == ["web seed dropped, it is not http, https: ftp://no/"])
    }

    @Test(
        arguments: [
            (.integer(.max), Int.max, 0), (.integer(.min), Int.min, 0),
            (.wideInteger("9223372036854775808".bytes), nil, 1), ("today", nil, 1),
        ] as [(BencodeValue, Int?, Int)]
    )
    func `takes any creation date`(date: BencodeValue, expected: Int?, warnings: Int) throws {
        let torrent = try Metainfo.parse(SampleTorrent.bytes(outer: ["creation date": date]))
        #expect(torrent.creationDate == expected)
        #expect(torrent.warnings.count == warnings)
    }

    @Test func `takes long texts, but not endless ones`() throws {
        let created = String(repeating: "x", count: 5_000)
        let torrent = try Metainfo.parse(SampleTorrent.bytes(outer: ["created by": .text(created)]))
        #expect(torrent.createdBy?.count == 5_000)
        let comment = BencodeValue.string([UInt8](repeating: 0x61, count: 15_000_000))
        #expect(
            SampleTorrent.fault(SampleTorrent.bytes(outer: ["comment": comment]))
                == .tooLong(field: "comment", count: 15_000_000, limit: 1 << 20)
        )
    }

    @Test func `cuts huge torrents right`() throws {
        let hundredThousand = try Metainfo.parse(
            SampleTorrent.bytes(info: [
                "length": .integer(100_000 * 16_384), "pieces": SampleTorrent.hashes(100_000),
            ])
        )
        #expect(hundredThousand.layout.pieceCount == 100_000)
        let terabytes = try Metainfo.parse(
            SampleTorrent.bytes(info: [
                "length": .integer(5 << 40), "piece length": .integer(64 << 20), "pieces": SampleTorrent.hashes(81_920),
            ])
        )
        #expect(terabytes.layout.totalLength == 5 << 40)
        let odd = try Metainfo.parse(
            SampleTorrent.bytes(info: ["piece length": 20_000, "pieces": SampleTorrent.hashes(2)])
        )
        #expect(odd.layout.pieceCount == 2)
        let one = try Metainfo.parse(
            SampleTorrent.bytes(info: ["length": 1, "pieces": SampleTorrent.hashes(1)])
        )
        #expect(one.layout.totalLength == 1)
    }

    @Test func `reads twenty thousand files in under two seconds`() throws {
        let files = (0..<20_000).map { SampleTorrent.file(.text("d\($0 % 50)"), .text("Ünïcode \($0)")) }
        let bytes = SampleTorrent.tree(files, pieces: 2)
        let clock = ContinuousClock()
        let start = clock.now
        let torrent = try Metainfo.parse(bytes)
        #expect(torrent.files.count == 20_000)
        #expect(clock.now - start < .seconds(2))
    }

    @Test func `prefers the names in UTF-8`() throws {
        let file = SampleTorrent.dictionary([
            "length": 1, "path": [.string([0xE9])], "path.utf-8": ["é"],
        ])
        let bytes = SampleTorrent.bytes(info: [
            "name": .string([0xFC]), "name.utf-8": "ü", "length": nil, "files": [file],
            "pieces": SampleTorrent.hashes(1),
        ])
        let torrent = try Metainfo.parse(bytes)
        #expect(torrent.name == "ü".bytes)
        #expect(torrent.files[0].path == ["é".bytes])
        let latin = try Metainfo.parse(SampleTorrent.bytes(info: ["name": .string([0x6D, 0xFC])]))
        #expect(latin.name == [0x6D, 0xFC])
    }

    @Test func `marks padding and leaves out links`() throws {
        let torrent = try Metainfo.parse(
            SampleTorrent.tree([
                SampleTorrent.file("a"), SampleTorrent.file(".pad", "7", length: 7, attr: "p"),
                SampleTorrent.file("link", "out", length: 0, attr: "l"), SampleTorrent.file("b", attr: "x"),
                SampleTorrent.file(".pad", "7", length: 7, attr: "p"),
            ])
        )
        #expect(torrent.files.map(\.isPadding) == [false, true, false, true])
        #expect(torrent.files.map(\.offset) == [0, 1, 8, 9])
        #expect(torrent.warnings == ["symbolic link left out: link/out"])
        let link = SampleTorrent.tree([SampleTorrent.file("a", attr: "l")])
        #expect(SampleTorrent.fault(link) == .linkWithLength(path: "a"))
    }
}

@Suite struct `Metainfo spans` {
    @Test func `fall on the files that hold the bytes`() throws {
        let torrent = try Metainfo.parse(
            SampleTorrent.tree([
                SampleTorrent.file("empty first", length: 0), SampleTorrent.file("a", length: 10),
                SampleTorrent.file("empty", length: 0), SampleTorrent.file("b", length: 5),
                SampleTorrent.file("c", length: 20), SampleTorrent.file("empty last", length: 0),
            ])
        )
        let whole = [
            FileSpan(fileIndex: 1, offset: 0, length: 10), FileSpan(fileIndex: 3, offset: 0, length: 5),
            FileSpan(fileIndex: 4, offset: 0, length: 20),
        ]
        #expect(torrent.spans(of: 0..<35) == whole)
        #expect(torrent.spans(of: 9..<16).map(\.length) == [1, 5, 1])
        #expect(torrent.spans(of: 10..<11) == [FileSpan(fileIndex: 3, offset: 0, length: 1)])
        #expect(torrent.spans(of: 34..<35) == [FileSpan(fileIndex: 4, offset: 19, length: 1)])
        #expect(torrent.spans(of: 7..<7).isEmpty)
        #expect(torrent.spans(of: 35..<35).isEmpty)
        for start in 0..<35 {
            for end in start..<35 {
                #expect(torrent.spans(of: start..<end).reduce(0) { $0 + $1.length } == end - start)
            }
        }
    }
}
