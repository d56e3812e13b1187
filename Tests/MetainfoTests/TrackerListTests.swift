import Bencode
import BitTorrentTypes
import Metainfo
import Testing

@Suite struct `Trackers of a torrent` {
    @Test(arguments: [
        "file:///etc/passwd", "javascript:alert(1)", "http://a/\r\nX: y", "http://169.254.169.254/latest",
        "http://2852039166/", "http://0xa9.0xfe.0xa9.0xfe/", "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/",
        "http://[fd00:ec2::254]/", "http://user@169.254.169.254/", "http://", "http:///path", "http://a:0/",
        "http://a:99999/", "http://a:x/", "http://[::1/", "http://[nonsense]/", "ws://a/", "magnet:?xt=", "é",
        "http://é/", "/announce", " http://a/",
    ])
    func `are dropped and named when they are no address we ask`(url: String) throws {
        let torrent = try Metainfo.parse(SampleTorrent.bytes(outer: ["announce": .text(url)]))
        #expect(torrent.trackers.isEmpty)
        #expect(torrent.warnings.count == 1)
        #expect(torrent.warnings[0].hasPrefix("tracker dropped, it "))
        #expect(torrent.warnings[0].utf8.allSatisfy { $0 >= 0x20 })
    }

    @Test(arguments: [
        "http://a/announce", "https://a.example:8443/x?passkey=1", "udp://tracker:6969", "HTTP://A/",
        "http://127.0.0.1:8000/announce", "http://[::1]:8000/announce", "http://user:secret@a/",
    ])
    func `are kept as they are written`(url: String) throws {
        let torrent = try Metainfo.parse(SampleTorrent.bytes(outer: ["announce": .text(url)]))
        #expect(torrent.trackers == [[url]])
    }

    @Test func `of wrong type are ignored and named`() throws {
        let torrent = try Metainfo.parse(
            SampleTorrent.bytes(outer: ["announce": 5, "announce-list": [1, [2], "udp://a"]])
        )
        #expect(torrent.trackers == [["udp://a"]])
        #expect(torrent.warnings.count == 3)
    }

    @Test func `are two hundred at most`() throws {
        let tiers = BencodeValue.list((0..<20_000).map { [.text("http://t\($0)/")] })
        let torrent = try Metainfo.parse(SampleTorrent.bytes(outer: ["announce-list": tiers]))
        #expect(torrent.trackers.count == 200)
        #expect(torrent.warnings == ["19800 trackers left out: more than 200"])
        let bad = BencodeValue.list((0..<20_000).map { .list([.text("x\($0)")]) })
        #expect(try Metainfo.parse(SampleTorrent.bytes(outer: ["announce-list": bad])).warnings.count == 21)
    }

    @Test func `can be added without changing the info-hash`() throws {
        let original = try Metainfo.parse(SampleTorrent.bytes(info: ["zz": 1], outer: ["zzz": "kept", "a": 1]))
        let merged = original.addingTrackers([["http://new/", "http://tracker.example/announce", "bad"], ["udp://b"]])
        #expect(merged.trackers == [["http://tracker.example/announce"], ["http://new/"], ["udp://b"]])
        #expect(merged.infoHash == original.infoHash)
        #expect(merged.infoBytes == original.infoBytes)
        #expect(merged.layout.pieces.allSatisfy { merged.hash(of: $0).elementsEqual(original.hash(of: $0)) })
        let parsed = try Metainfo.parse(merged.bytes)
        #expect(parsed == merged)
        #expect(try BencodeNode.decode(merged.bytes)["zzz"]?.string == "kept".bytes)
        #expect(merged.addingTrackers([["http://new/"]]) == merged)
        let none = try Metainfo.parse(SampleTorrent.bytes(outer: ["announce": nil]))
        #expect(try Metainfo.parse(none.addingTrackers([["http://one/"]]).bytes).trackers == [["http://one/"]])
    }
}
