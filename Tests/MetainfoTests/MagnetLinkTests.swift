import BitTorrentTypes
import Metainfo
import Testing

@Suite struct `Magnet link` {
    static let hex = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a"

    @Test(arguments: [
        "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a",
        "magnet:?xt=urn:btih:C12FE1C06BBA254A9DC9F519B335AA7C1367A88A",
        "MAGNET:?xt=URN:BTIH:C12fe1c06bba254a9dc9f519b335aa7c1367a88a",
        "magnet:?xt=urn:btih:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK",
        "magnet:?xt=urn:btih:yex6dqdlxisuvhoj6um3gnnkpqjwpkek",
        "magnet:?dn=x&xt.1=urn%3Abtih%3Ac12fe1c06bba254a9dc9f519b335aa7c1367a88a&foo=bar",
        "magnet:?xt=urn:sha1:ABC&xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a",
        "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&xt=urn:btih:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK",
    ])
    func `takes the hash in every spelling`(text: String) throws {
        #expect(try MagnetLink.parse(text).infoHash.hex == Self.hex)
    }

    @Test(
        arguments: [
            ("", .notMagnet),
            ("xt=urn:btih:\(hex)", .notMagnet),
            ("http://magnet:?xt=urn:btih:\(hex)", .notMagnet),
            ("magnet:?", .missingHash),
            ("magnet:?dn=x", .missingHash),
            ("magnet:?xt=", .missingHash),
            ("magnet:?xt=urn:btih:", .badInfoHash),
            ("magnet:?xt=urn:btih:\(hex.dropLast())", .badInfoHash),
            ("magnet:?xt=urn:btih:\(hex)0", .badInfoHash),
            ("magnet:?xt=urn:btih:\(hex.dropLast())g", .badInfoHash),
            ("magnet:?xt=urn:btih:\(hex.dropLast())１", .badInfoHash),
            ("magnet:?xt=urn:btih:\(hex.dropLast())٣", .badInfoHash),
            ("magnet:?xt=urn:btih:\(String(repeating: "１", count: 40))", .badInfoHash),
            ("magnet:?xt=urn:btih:\(hex.dropLast(3))%00", .badInfoHash),
            ("magnet:?xt=urn:btih:\(hex)%00", .badInfoHash),
            ("magnet:?xt=urn:btih:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKE", .badInfoHash),
            ("magnet:?xt=urn:btih:8EX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK", .badInfoHash),
            ("magnet:?xt=urn:btih:\(hex)\n", .controlCharacter(0x0A)),
            ("magnet:?xt=urn:btih:\(hex)&dn=a\0b", .controlCharacter(0)),
            ("magnet:?xt=urn:btih:\(hex)&xt=urn:btih:\(String(hex.reversed()))", .differentHashes),
            (
                "magnet:?xt=urn:btmh:1220\(String(repeating: "ab", count: 32))"
                    + "&xt=urn:btmh:1220\(String(repeating: "cd", count: 32))",
                .differentHashes
            ),
            ("magnet:?xt=urn:btmh:", .badMultihash),
            ("magnet:?xt=urn:btmh:1220\(String(repeating: "ab", count: 31))１", .badMultihash),
            ("magnet:?xt=urn:btmh:1220\(String(repeating: "ab", count: 32))%00", .badMultihash),
            ("magnet:?xt=urn:btmh:1220\(String(repeating: "ab", count: 32))&xt=urn:btih:", .badInfoHash),
            ("magnet:?xt=urn:btmh:1320\(String(repeating: "ab", count: 32))", .badMultihash),
            ("magnet:?xt=urn:btmh:1221\(String(repeating: "ab", count: 32))", .badMultihash),
            ("magnet:?xt=urn:btmh:1220\(String(repeating: "ab", count: 31))a", .badMultihash),
            ("magnet:?xt=urn:btmh:1220\(String(repeating: "ab", count: 31))", .badMultihash),
        ] as [(String, MagnetError)]
    )
    func `refuses what is not exactly one torrent`(text: String, error: MagnetError) {
        #expect(throws: error) { try MagnetLink.parse(text) }
    }

    @Test func `reads everything else as help`() throws {
        let link = try MagnetLink.parse(
            "magnet:?xt=urn:btih:\(Self.hex)&dn=My+file%20%26%zz&xl=1024&tr=http%3A%2F%2Fa%2F&tr.2=udp://b:1"
                + "&ws=http://seed/&x.pe=127.0.0.1:6881&x.pe=%5B::1%5D:7&x.pe=host:1&so=0-4294967295&kt=x&tr=http://a/"
        )
        #expect(link.name == "My file &%zz".bytes)
        #expect(link.exactLength == 1_024)
        #expect(link.trackers == ["http://a/", "udp://b:1"])
        #expect(link.webSeeds == ["http://seed/"])
        #expect(link.peers.map(\.description) == ["127.0.0.1:6881", "[::1]:7"])
        #expect(
            link.warnings == ["peer dropped, it is not an address and port: host:1", "choice of files (so) ignored"]
        )
    }

    @Test func `names a hybrid by both hashes, in any order and case`() throws {
        let two = String(repeating: "ab", count: 32)
        let link = try MagnetLink.parse("magnet:?xt.1=urn:BTMH:1220\(two.uppercased())&xt.2=urn:btih:\(Self.hex)")
        #expect(link.infoHash.hex == Self.hex && link.infoHashV1?.hex == Self.hex)
        #expect(link.infoHashV2?.hex == two)
        #expect(link.warnings.isEmpty)
        #expect(link.text == "magnet:?xt=urn:btih:\(Self.hex)&xt=urn:btmh:1220\(two)")
    }

    @Test func `names version 2 alone by one hash, cut for the wire`() throws {
        let two = String(repeating: "ab", count: 32)
        let link = try MagnetLink.parse("magnet:?xt=urn:btmh:1220\(two)&dn=x")
        #expect(link.infoHash.hex == two.prefix(40))
        #expect(link.infoHashV1 == nil && link.infoHashV2?.hex == two)
        #expect(link.text == "magnet:?xt=urn:btmh:1220\(two)&dn=x")
    }

    @Test func `is bounded`() throws {
        let start = "magnet:?xt=urn:btih:\(Self.hex)"
        let endless = start + "&dn=" + String(repeating: "x", count: 4 << 20)
        #expect(throws: MagnetError.tooLong(count: endless.utf8.count, limit: 128 << 10)) {
            try MagnetLink.parse(endless)
        }
        let many = try MagnetLink.parse(start + (0..<5_000).map { "&tr=http://t\($0)/" }.joined())
        #expect(many.trackers.count == 100)
        #expect(many.warnings.count == 21)
    }

    @Test(arguments: ["<b>%3Cscript%3E", "..%2F..%2Fetc", "a%00b", "%FF%FE", "--rf", ""])
    func `keeps the name as a label only`(name: String) throws {
        let link = try MagnetLink.parse("magnet:?xt=urn:btih:\(Self.hex)&dn=\(name)")
        #expect(link.name == (name.isEmpty ? nil : PercentEncoding.decode(name.utf8)))
    }

    @Test func `prints and reads back`() throws {
        let hash = try #require(InfoHash(hex: Self.hex))
        var link = MagnetLink(infoHash: hash)
        #expect(link.text == "magnet:?xt=urn:btih:\(Self.hex)")
        link.name = "a&b=c +ü".bytes + [0xFF]
        link.trackers = ["http://a/announce?x=1&y=2"]
        link.webSeeds = ["https://seed/"]
        link.peers = [PeerAddress("127.0.0.1:1"), PeerAddress("[::1]:2")].compactMap { $0 }
        link.exactLength = 5
        #expect(try MagnetLink.parse(link.text) == link)
        let torrent = try Metainfo.parse(SampleTorrent.bytes())
        let parsed = try MagnetLink.parse(MagnetLink(torrent).text)
        #expect(parsed.infoHash == torrent.infoHash)
        #expect(parsed.name == torrent.name)
        #expect(parsed.exactLength == 40_000)
        #expect(parsed.trackers == ["http://tracker.example/announce"])
    }
}
