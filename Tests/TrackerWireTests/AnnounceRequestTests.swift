import BitTorrentTypes
import Testing
import TrackerWire

private let valid =
    "info_hash=%00%01%02%03%04%05%06%07%08%09%0a%0b%0c%0d%0e%0f%10%11%12%13&peer_id=-P20001-abcdefghijkl"

@Suite struct `Announce request` {
    @Test(
        arguments: [
            ("", .missing(field: "info_hash")),
            ("port=1", .missing(field: "info_hash")),
            ("info_hash=%00%01", .wrongLength(field: "info_hash", expected: 20, actual: 2)),
            ("info_hash=aaaaaaaaaaaaaaaaaaa", .wrongLength(field: "info_hash", expected: 20, actual: 19)),
            ("info_hash=aaaaaaaaaaaaaaaaaaaaa", .wrongLength(field: "info_hash", expected: 20, actual: 21)),
            (
                "info_hash=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                .wrongLength(field: "info_hash", expected: 20, actual: 40)
            ),
            ("info_hash=aaaaaaaaaaaaaaaaaaaa&info_hash=aaaaaaaaaaaaaaaaaaaa", .repeated(field: "info_hash")),
            ("info_hash=%zz", .badEscape(field: "info_hash")),
            ("info_hash=aaaaaaaaaaaaaaaaaaa%0", .badEscape(field: "info_hash")),
            ("info_hash=aaaaaaaaaaaaaaaaaaaa%", .badEscape(field: "info_hash")),
            ("info_hash=aaaaaaaaaaaaaaaaaaaa", .missing(field: "peer_id")),
            ("info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=x", .wrongLength(field: "peer_id", expected: 20, actual: 1)),
            (valid, .missing(field: "port")),
            (valid + "&port=", .missing(field: "port")),
            (valid + "&port=0", .outOfRange(field: "port")),
            (valid + "&port=65536", .outOfRange(field: "port")),
            (valid + "&port=-1", .outOfRange(field: "port")),
            (valid + "&port=99999999999999999999999", .outOfRange(field: "port")),
            (valid + "&port=http", .notNumber(field: "port")),
            (valid + "&port=１", .notNumber(field: "port")),
            (valid + "&port=+1", .notNumber(field: "port")),
            (valid + "&port=1&port=2", .repeated(field: "port")),
            (valid + "&port=1&left=-1", .outOfRange(field: "left")),
            (valid + "&port=1&left=18446744073709551616", .outOfRange(field: "left")),
            (valid + "&port=1&left=all", .notNumber(field: "left")),
            (valid + "&port=1&uploaded=-5", .outOfRange(field: "uploaded")),
            (valid + "&port=1&downloaded=1e9", .notNumber(field: "downloaded")),
            (valid + "&port=1&numwant=-2", .outOfRange(field: "numwant")),
            (valid + "&port=1&numwant=many", .notNumber(field: "numwant")),
            (valid + "&port=1&key=%", .badEscape(field: "key")),
        ] as [(String, AnnounceRefusal)]
    )
    func `is refused with the field and the reason`(query: String, refusal: AnnounceRefusal) {
        #expect(throws: refusal) { try AnnounceRequest.parse(query: query.utf8) }
    }

    @Test func `is refused when it is endless`() {
        let query = [UInt8](repeating: UInt8(ascii: "&"), count: 100_000)
        #expect(throws: AnnounceRefusal.queryTooLong(limit: 16 << 10)) { try AnnounceRequest.parse(query: query) }
    }

    @Test func `has every field`() throws {
        let request = try AnnounceRequest.parse(
            query: (valid + "&port=6881&uploaded=1&downloaded=2&left=3&event=started&numwant=7&key=%FFk&compact=1"
                + "&ip=10.0.0.1&no_peer_id=1&trackerid=t&supportcrypto=1&=&x").utf8
        )
        #expect(request.infoHash.bytes == Array(0..<20))
        #expect(request.peerID.bytes == Array("-P20001-abcdefghijkl".utf8))
        #expect(request.port == 6_881)
        #expect((request.uploaded, request.downloaded, request.left) == (1, 2, 3))
        #expect(request.event == .started)
        #expect(request.numwant == 7)
        #expect(request.key == [0xFF, 0x6B])
        #expect(request.compact && request.noPeerID)
        #expect(request.claimedIP == IPAddress("10.0.0.1"))
        #expect(request.trackerID == [0x74])
    }

    @Test func `needs only who and where`() throws {
        let request = try AnnounceRequest.parse(query: (valid + "&port=1").utf8)
        #expect(!request.isSeeder)
        #expect(request.event == .none)
        #expect(!request.compact)
        #expect(request.peersWanted == 50)
    }

    @Test func `takes the hash as hexadecimal digits in either case`() throws {
        for hex in ["000102030405060708090a0b0c0d0e0f10111213", "000102030405060708090A0B0C0D0E0F10111213"] {
            let query = "info_hash=\(hex)&peer_id=-P20001-abcdefghijkl&port=1"
            #expect(try AnnounceRequest.parse(query: query.utf8).infoHash.bytes == Array(0..<20))
        }
    }

    @Test(arguments: [
        ("-1", 50), ("0", 0), ("1", 1), ("100", 100), ("101", 100), ("1000000000", 100), ("", 50),
    ])
    func `is given a hundred peers at most`(numwant: String, peers: Int) throws {
        let request = try AnnounceRequest.parse(query: (valid + "&port=1&numwant=" + numwant).utf8)
        #expect(request.peersWanted == peers)
    }

    @Test(arguments: ["paused", "completed", "stopped", "nonsense", "Started", "%FF", ""])
    func `takes an event it does not know for a regular announce`(event: String) throws {
        let request = try AnnounceRequest.parse(query: (valid + "&port=1&event=" + event).utf8)
        #expect(request.event == (AnnounceEvent(rawValue: event) ?? .none))
    }

    @Test func `is written as it is read`() throws {
        var generator = SystemRandomNumberGenerator()
        for event in AnnounceEvent.allCases {
            let hash = try #require(InfoHash((0..<20).map { _ in UInt8.random(in: 0...255) }))
            var request = AnnounceRequest(
                infoHash: hash,
                peerID: .random(using: &generator),
                port: 6_881,
                uploaded: 1,
                downloaded: .max,
                left: 3,
                event: event,
                numwant: 30,
                key: [0, 0x26, 0xFF]
            )
            request.claimedIP = IPAddress("::1")
            request.noPeerID = true
            request.trackerID = [0x25]
            #expect(try AnnounceRequest.parse(query: request.query().utf8) == request)
        }
    }

    @Test func `goes after the parameters a tracker's address has`() throws {
        let request = try AnnounceRequest.parse(query: (valid + "&port=1").utf8)
        #expect(request.url(tracker: "http://a/announce").hasPrefix("http://a/announce?info_hash=%00%01"))
        #expect(request.url(tracker: "http://a/x?key=1#f").hasPrefix("http://a/x?key=1&info_hash=%00%01"))
    }
}
