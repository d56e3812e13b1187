import BitTorrentTypes
import Testing
import TrackerWire

@Suite struct `Connection ids` {
    private let ids: ConnectionIDs
    private let here = IPAddress.v4(0x7F00_0001)

    init() {
        var generator = SystemRandomNumberGenerator()
        ids = ConnectionIDs(using: &generator)
    }

    @Test(arguments: [0, 1, 59, 60, 119, 1_000_000, UInt32.max - 200])
    func `are good for one to two minutes`(second: UInt32) {
        let id = ids.id(for: here, at: second)
        for age in 0..<60 as Range<UInt32> { #expect(ids.isGood(id, for: here, at: second + age)) }
        for age in 120..<200 as Range<UInt32> { #expect(!ids.isGood(id, for: here, at: second + age)) }
        if second >= 60 { #expect(!ids.isGood(id, for: here, at: second - 60), "from the future") }
        // The minutes of the id repeat after 256.
        if second < 1_000_000_000 { #expect(!ids.isGood(id, for: here, at: second + 256 * 60)) }
    }

    @Test func `are good for one address only, and no bit may differ`() {
        let id = ids.id(for: here, at: 1_000)
        #expect(!ids.isGood(id, for: .v4(0x7F00_0002), at: 1_000))
        #expect(!ids.isGood(id, for: .v6(high: 0, low: 0x7F00_0001), at: 1_000))
        for bit in 0..<64 { #expect(!ids.isGood(id ^ 1 << UInt64(bit), for: here, at: 1_000)) }
        var generator = SystemRandomNumberGenerator()
        let others = ConnectionIDs(using: &generator)
        #expect(!others.isGood(id, for: here, at: 1_000))
    }
}

@Suite struct `Head of a tracker request` {
    private func read(_ text: String) -> TrackerRequestHead.Verdict {
        Array(text.utf8).withUnsafeBytes { TrackerRequestHead.read($0) }
    }

    @Test func `is found with its query, passkey and connection`() throws {
        let text = "GET /0123456789/announce?a=b HTTP/1.1\r\nX-Forwarded-For:  1.2.3.4 \r\nConnection: close\r\n\r\nGET"
        guard case .request(let head) = read(text) else {
            Issue.record("no request")
            return
        }
        let bytes = Array(text.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        #expect(head.kind == .announce && !head.isKeptAlive && !head.isVersion10)
        #expect(part(head.query) == "a=b")
        #expect(part(head.passkey) == "0123456789")
        #expect(part(head.forwardedFor) == "1.2.3.4")
        #expect(head.length == bytes.count - 3)
    }

    @Test(arguments: [
        "GET /announce?a HTTP/1.1\r\n\r\n", "GET /scrape HTTP/1.0\r\nHost: x\r\n\r\n",
        "GET /api/tracker/announce?x=%20 HTTP/1.1\r\nUser-Agent: a/1\r\nAccept: */*\r\nConnection: Keep-Alive\r\n\r\n",
        "GET /abcdefgh/scrape?x HTTP/1.1\r\n\r\n",
    ])
    func `is incomplete as long as a byte is missing`(text: String) {
        for length in 0..<text.utf8.count {
            #expect(read(String(decoding: text.utf8.prefix(length), as: UTF8.self)) == .incomplete, "\(length)")
        }
        guard case .request(let head) = read(text) else {
            Issue.record("no request")
            return
        }
        #expect(head.length == text.utf8.count)
    }

    @Test(arguments: [
        "POST /announce HTTP/1.1\r\n\r\n", "HEAD /announce HTTP/1.1\r\n\r\n", "get /announce HTTP/1.1\r\n\r\n",
        "GET /announce/ HTTP/1.1\r\n\r\n", "GET /announces HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET /short/announce HTTP/1.1\r\n\r\n", "GET /pass.key.with.dots/announce HTTP/1.1\r\n\r\n",
        "GET /announce HTTP/2.0\r\n\r\n", "GET /announce HTTP/1.2\r\n\r\n", "GET /announce  HTTP/1.1\r\n\r\n",
        "GET /announce\r\n\r\n", "GET /announce HTTP/1.1\n\n", "GET /announce?\u{7F} HTTP/1.1\r\n\r\n",
        "GET /announce HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET /announce HTTP/1.1\r\nA : b\r\n\r\n",
        "GET /announce HTTP/1.1\r\nno colon\r\n\r\n", "GET /announce HTTP/1.1\r\n: b\r\n\r\n",
        "GET /announce HTTP/1.1\r\nA: b\rc\r\n\r\n", "GET /announce HTTP/1.1\r\nA: b\0\r\n\r\n",
        "GET /announce HTTP/1.1\r\ncontent-LENGTH: 0\r\n\r\n", "GET /announce HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n",
        "GET /announce HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", "GET /announce HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
        "GET /announce HTTP/1.1\r\nConnection: close, upgrade\r\n\r\n",
        "GET /announce?" + String(repeating: "a", count: 9_000),
        "GET /announce HTTP/1.1\r\nA: " + String(repeating: "a", count: 9_000),
    ])
    func `is left to the server behind when it is anything else`(text: String) { #expect(read(text) == .other) }
}

@Suite struct `Fields of an announce` {
    private func read(_ query: String) -> AnnounceFields? {
        Array(query.utf8).withUnsafeBytes { AnnounceFields(query: $0) }
    }

    private static let base = "info_hash=%00%01aaaaaaaaaaaaaaaaaa&peer_id=-XX0001-aaaaaaaaaaaa&port=6881"

    @Test(arguments: [
        "", "&uploaded=1&downloaded=22&left=0&compact=1", "&event=started", "&event=stopped&key=ABCDEF01",
        "&event=completed",
        "&event=paused", "&event=dancing", "&event=", "&numwant=0", "&numwant=-1", "&numwant=5000", "&compact=0",
        "&no_peer_id=1&ip=1.2.3.4&trackerid=x&unknown=%zz&key=k&left=999999999999999999", "&&=&=x&supportcrypto=1",
    ])
    func `are what the careful reader finds`(more: String) throws {
        let query = Self.base + more
        let request = try AnnounceRequest.parse(query: Array(query.utf8))
        let fields = try #require(read(query))
        #expect(fields.infoHash == request.infoHash && fields.peerID == request.peerID && fields.port == request.port)
        #expect(fields.uploaded == request.uploaded && fields.downloaded == request.downloaded)
        #expect(fields.left == request.left && fields.event == request.event && fields.compact == request.compact)
        #expect(fields.peersWanted == request.peersWanted)
        let key = Array(query.utf8)[fields.key]
        #expect(Array(key) == request.key ?? [])
    }

    @Test(arguments: [
        "port=1", base + "&port=2", base.replacing("6881", with: "0"), base.replacing("6881", with: "65536"),
        base.replacing("%00", with: "%0"), base.replacing("%00", with: "%zz"), base.replacing("%00", with: ""),
        base + "&left=-1", base + "&left=x", base + "&left=1000000000000000000", base + "&key=%41",
        base + "&event=%73tarted",
        base + "&numwant=-2", base + "&left=", "&uploaded", "",
    ])
    func `are left to the careful reader when a client is odd`(query: String) { #expect(read(query) == nil) }

    @Test func `come with answers of the same bytes`() throws {
        let peers = ["1.2.3.4:5", "[2001:db8::1]:6", "9.9.9.9:65535"].compactMap { PeerAddress($0) }
        for ip in ["127.0.0.1", "2001:db8::7"].compactMap({ IPAddress($0) }) {
            for count in 0...3 {
                var response = AnnounceResponse(
                    interval: 1_800,
                    minInterval: 60,
                    complete: 0,
                    incomplete: 1_234_567_890
                )
                response.externalIP = ip
                response.peers = peers.prefix(count).map { TrackerPeer(address: $0) }
                let fours = response.peers.filter { !$0.address.ip.isIPv6 }.flatMap(\.address.compact)
                let sixes = response.peers.filter(\.address.ip.isIPv6).flatMap(\.address.compact)
                let bytes = [UInt8](unsafeUninitializedCapacity: AnnounceAnswer.capacity) { buffer, length in
                    fours.withUnsafeBytes { fours in
                        sixes.withUnsafeBytes { sixes in
                            length = AnnounceAnswer.write(
                                interval: 1_800,
                                minInterval: 60,
                                complete: 0,
                                incomplete: 1_234_567_890,
                                externalIP: ip,
                                fours: fours,
                                sixes: sixes,
                                to: UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
                            )
                        }
                    }
                }
                #expect(bytes == response.encoded(compact: true))
            }
        }
    }

    @Test(arguments: [0, 9, 10, 99, 100, 65_535, Int.max, 1_000_000_000_000_000_000])
    func `write numbers as everybody does`(number: Int) {
        let bytes = [UInt8](unsafeUninitializedCapacity: 20) { buffer, length in
            length = AnnounceAnswer.writeDecimal(
                number,
                to: UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
            )
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "\(number)")
    }
}
