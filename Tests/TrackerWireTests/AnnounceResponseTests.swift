import Bencode
import BitTorrentTypes
import Testing
import TrackerWire

@Suite struct `Announce response` {
    static let peers = ["10.0.0.1:1", "[2001:db8::1]:65535", "10.0.0.2:258"].compactMap { PeerAddress($0) }

    @Test func `is written compact`() {
        let response = AnnounceResponse(
            interval: 1_800,
            minInterval: 60,
            complete: 1,
            incomplete: 2,
            peers: Self.peers.map { TrackerPeer(address: $0) }
        )
        let six: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1, 0xFF, 0xFF]
        let expected: BencodeValue = [
            "complete": 1, "incomplete": 2, "interval": 1_800, "min interval": 60,
            "peers": .string([10, 0, 0, 1, 0, 1, 10, 0, 0, 2, 1, 2]), "peers6": .string(six),
        ]
        #expect(response.encoded(compact: true) == expected.encoded())
    }

    @Test func `is written as dictionaries, with or without peer ids`() {
        let id = PeerID(Array("-P20001-abcdefghijkl".utf8))
        let response = AnnounceResponse(interval: 60, peers: [TrackerPeer(address: Self.peers[1], peerID: id)])
        let text = "d8:intervali60e5:peersld2:ip11:2001:db8::17:peer id20:-P20001-abcdefghijkl4:porti65535eeee"
        #expect(String(decoding: response.encoded(compact: false), as: UTF8.self) == text)
        let short = "d8:intervali60e5:peersld2:ip11:2001:db8::14:porti65535eeee"
        #expect(String(decoding: response.encoded(compact: false, noPeerID: true), as: UTF8.self) == short)
    }

    @Test(arguments: [true, false])
    func `is read as it was written`(compact: Bool) throws {
        var response = AnnounceResponse(interval: 1_800, minInterval: 90, complete: 0, incomplete: 5)
        response.peers = Self.peers.map { TrackerPeer(address: $0) }
        response.warning = "slow"
        response.trackerID = [1, 2]
        response.externalIP = IPAddress("2001:db8::7")
        let read = try AnnounceResponse.parse(response.encoded(compact: compact))
        #expect(Set(read.peers) == Set(response.peers))
        #expect((read.interval, read.minInterval, read.complete, read.incomplete) == (1_800, 90, 0, 5))
        #expect(read.warning == "slow" && read.trackerID == [1, 2])
        #expect(read.externalIP == response.externalIP)
    }

    @Test(arguments: [
        ("i-1e", 60), ("i0e", 60), ("i59e", 60), ("i1800e", 1_800), ("i86401e", 86_400),
        ("i9223372036854775807e", 86_400), ("i9223372036854775808e", 1_800), ("4:soon", 1_800),
    ])
    func `has its interval held within a minute and a day`(interval: String, seconds: Int) throws {
        #expect(try AnnounceResponse.parse(Array("d8:interval\(interval)5:peers0:e".utf8)).interval == seconds)
    }

    @Test(
        arguments: [
            ("", .bencode(.endOfInput(offset: 0))),
            ("<html>", .bencode(.unexpectedByte(0x3C, offset: 0))),
            ("le", .notDictionary),
            ("d5:peers5:12345e", .raggedPeers(count: 5)),
            ("d5:peers0:6:peers66:123456e", .raggedPeers(count: 6)),
            ("d14:failure reason4:gonee", .failure(reason: "gone")),
            ("d14:failure reasoni1ee", .failure(reason: "no reason given")),
            ("d14:failure reason8:<b>\u{1B}[1m\ne", .failure(reason: "<b>\\u{1b}[1m\\u{a}")),
        ] as [(String, TrackerReplyError)]
    )
    func `is refused when it is of no use`(text: String, error: TrackerReplyError) {
        #expect(throws: error) { try AnnounceResponse.parse(Array(text.utf8)) }
    }

    @Test func `may be odd and is then put right`() throws {
        // Keys out of order, a peer without a port, one that is a name, one at port 0, one nowhere.
        let text =
            "d5:peersld2:ip8:10.0.0.1ed4:porti5e2:ip7:a.host.ed2:ip8:10.0.0.24:porti0eed2:ip7:0.0.0.04:porti5ee"
            + "d2:ip8:10.0.0.34:porti5ee3:abce8:completei-5e8:intervali300e3:xyzi1ee"
        let response = try AnnounceResponse.parse(Array(text.utf8))
        #expect(response.peers.map(\.address.description) == ["10.0.0.3:5"])
        #expect(response.complete == nil)
        #expect(response.interval == 300)
    }

    @Test func `is bounded`() throws {
        let rows = [UInt8](repeating: 1, count: 6 * 100_000)
        let reply: BencodeValue = ["interval": 60, "peers": .string(rows)]
        #expect(try AnnounceResponse.parse(reply.encoded()).peers.count == 1_000)
        let huge: BencodeValue = ["interval": 60, "peers": .string([UInt8](repeating: 1, count: 2 << 20))]
        #expect(throws: TrackerReplyError.self) { try AnnounceResponse.parse(huge.encoded()) }
        let deep = [UInt8](repeating: UInt8(ascii: "l"), count: 100_000)
        #expect(throws: TrackerReplyError.bencode(.tooDeep(limit: 32, offset: 32))) {
            try AnnounceResponse.parse(deep)
        }
        let reason: BencodeValue = ["failure reason": .text(String(repeating: "x", count: 5_000))]
        #expect(throws: TrackerReplyError.failure(reason: String(repeating: "x", count: 300))) {
            try AnnounceResponse.parse(reason.encoded())
        }
    }

    @Test func `carries a refusal as its reason`() {
        let bytes = AnnounceRefusal.missing(field: "port").encoded()
        #expect(String(decoding: bytes, as: UTF8.self) == "d14:failure reason15:port is missinge")
        #expect(throws: TrackerReplyError.failure(reason: "port is missing")) { try AnnounceResponse.parse(bytes) }
    }
}

@Suite struct `Scrape` {
    @Test func `needs a hash, and takes a hundred`() throws {
        #expect(throws: AnnounceRefusal.missing(field: "info_hash")) { try ScrapeRequest.parse(query: "".utf8) }
        #expect(throws: AnnounceRefusal.badEscape(field: "info_hash")) {
            try ScrapeRequest.parse(query: "info_hash=%".utf8)
        }
        let hashes = try (0..<150).map { try #require(InfoHash([UInt8](repeating: UInt8($0), count: 20))) }
        let request = try ScrapeRequest.parse(query: ScrapeRequest(infoHashes: hashes).query().utf8)
        #expect(request.infoHashes == Array(hashes.prefix(100)))
    }

    @Test func `is answered and read back`() throws {
        let hash = try #require(InfoHash([UInt8](repeating: 0xFE, count: 20)))
        let response = ScrapeResponse(torrents: [hash: .init(complete: 1, downloaded: 2, incomplete: 3)])
        #expect(try ScrapeResponse.parse(response.encoded()) == response)
        #expect(try ScrapeResponse.parse(Array("d5:filesde5:flagsdee".utf8)) == ScrapeResponse(torrents: [:]))
        let odd = try ScrapeResponse.parse(Array("d5:filesd3:abcde20:aaaaaaaaaaaaaaaaaaaad8:completei-1eeee".utf8))
        #expect(odd.torrents.values.map(\.complete) == [0])
        #expect(throws: TrackerReplyError.notDictionary) { try ScrapeResponse.parse(Array("de".utf8)) }
    }
}

@Suite struct `Announce timer` {
    @Test func `waits the interval, or a little less`() {
        var generator = SystemRandomNumberGenerator()
        var timer = AnnounceTimer()
        #expect(timer.delay(at: .seconds(5)) == .zero)
        for _ in 0..<100 {
            timer.answered(AnnounceResponse(interval: 1_800, minInterval: 300), at: .seconds(10), using: &generator)
            #expect((.seconds(1_710)...(.seconds(1_800))).contains(timer.delay(at: .seconds(10))))
            #expect(!timer.mayAnnounceNow(at: .seconds(309)))
            #expect(timer.mayAnnounceNow(at: .seconds(310)))
        }
        timer.answered(AnnounceResponse(interval: 1), at: .zero, using: &generator)
        #expect(timer.delay(at: .zero) == .seconds(60))
        timer.answered(AnnounceResponse(interval: .max, minInterval: .max), at: .zero, using: &generator)
        #expect(timer.delay(at: .zero) == .seconds(86_400))
    }

    @Test func `backs off from five seconds to 48, and to a sixteenth of a long outage`() {
        var generator = SystemRandomNumberGenerator()
        var timer = AnnounceTimer()
        for pause in [5, 10, 20, 40, 48, 48, 48] {
            timer.failed(at: .seconds(7), using: &generator)
            let delay = timer.delay(at: .seconds(7)) / .seconds(1)
            #expect(delay >= Double(pause) * 0.75 && delay <= Double(pause) * 1.25)
            #expect(timer.mayAnnounceNow(at: .seconds(7)))
        }
        for (outage, pause) in [(600, 48), (1_600, 100), (16_000, 1_000), (1_000_000, 1_800)] {
            let now = Duration.seconds(7 + outage)
            timer.failed(at: now, using: &generator)
            let delay = timer.delay(at: now) / .seconds(1)
            #expect(delay >= Double(pause) * 0.75 && delay <= Double(pause) * 1.25)
        }
        #expect(timer.failures == 11)
        timer.answered(AnnounceResponse(interval: 60), at: .zero, using: &generator)
        #expect(timer.failures == 0)
    }

    /// A tracker goes away for ten minutes, or answers rubbish, with a thousand torrents on it.
    @Test func `hears of every torrent within a minute of its return, and not of all at once`() {
        var generator = SystemRandomNumberGenerator()
        let back = Duration.seconds(600)
        var attempts = 0
        var returns: [Duration] = []
        for _ in 0..<1_000 {
            var timer = AnnounceTimer()
            var now = Duration.zero
            while now < back {
                attempts += 1
                timer.failed(at: now, using: &generator)
                now = timer.next
            }
            returns.append(now - back)
        }
        #expect(returns.allSatisfy { $0 <= .seconds(60) })
        // Spread over most of a minute: no second has more than a tenth of them.
        let busiest = Dictionary(grouping: returns) { $0.components.seconds }.values.map(\.count).max() ?? 0
        #expect(busiest <= 100)
        // Three attempts in the first half minute, then one in 48 seconds on average.
        #expect((10_000...20_000).contains(attempts))
    }
}
