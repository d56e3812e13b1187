import BitTorrentTypes
import Testing
import TrackerWire

/// Packets as BEP 15 and BEP 41 draw them, byte for byte.
@Suite struct `UDP tracker packets` {
    private static let hash = [UInt8](repeating: 0xAA, count: 20)
    private static let peerID = [UInt8](repeating: 0xBB, count: 20)

    private func request(event: AnnounceEvent = .none) throws -> AnnounceRequest {
        AnnounceRequest(
            infoHash: try #require(InfoHash(Self.hash)),
            peerID: try #require(PeerID(Self.peerID)),
            port: 0x1AE1,
            uploaded: 3,
            downloaded: 1,
            left: 2,
            event: event,
            key: Array("deadbeef".utf8)
        )
    }

    private static func announce(event: UInt8, numwant: [UInt8] = [255, 255, 255, 255]) -> [UInt8] {
        [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 7] + hash + peerID
            + [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, event]
            + [0, 0, 0, 0, 0xDE, 0xAD, 0xBE, 0xEF] + numwant + [0x1A, 0xE1]
    }

    @Test func `connect is the magic number, the action and the transaction`() {
        #expect(
            UDPTrackerRequest.connect(transaction: 0x0102_0304)
                == [0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80, 0, 0, 0, 0, 1, 2, 3, 4]
        )
    }

    @Test(
        arguments: [(.none, 0), (.completed, 1), (.started, 2), (.stopped, 3), (.paused, 0)]
            as [(AnnounceEvent, UInt8)]
    )
    func `announce has its 98 bytes in order`(event: AnnounceEvent, code: UInt8) throws {
        let packet = UDPTrackerRequest.announce(
            try request(event: event),
            target: "",
            connection: 9,
            transaction: 7
        )
        #expect(packet == Self.announce(event: code))
        #expect(packet.count == 98)
    }

    @Test func `announce carries path and query in parts of at most 255 bytes`() throws {
        var request = try request()
        request.numwant = .max
        let bare = Self.announce(event: 0, numwant: [0x7F, 255, 255, 255])
        func packet(_ target: String) -> [UInt8] {
            UDPTrackerRequest.announce(request, target: target, connection: 9, transaction: 7)
        }
        #expect(packet("/a?k=1") == bare + [2, 6] + Array("/a?k=1".utf8))
        let long = "/" + String(repeating: "x", count: 299)
        #expect(
            packet(long) == bare + [2, 255] + Array(long.utf8.prefix(255)) + [2, 45] + Array(long.utf8.suffix(45))
        )
    }

    @Test(arguments: [
        ("", UInt32(0)), ("deadbeef", 0xDEAD_BEEF), ("DEADBEEF", 0xDEAD_BEEF), ("deadbee", 0), ("deadbeefs", 0),
        ("no-hex!!", 0),
    ])
    func `a key of eight hexadecimal digits is a number`(key: String, number: UInt32) throws {
        var request = try request()
        request.key = Array(key.utf8)
        let packet = UDPTrackerRequest.announce(request, target: "", connection: 9, transaction: 7)
        #expect(packet[88..<92].reduce(0) { $0 << 8 | UInt32($1) } == number)
    }

    @Test func `scrape takes what fits in a datagram`() throws {
        let hash = try #require(InfoHash(Self.hash))
        let head: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 7]
        func packet(_ count: Int) -> [UInt8] {
            UDPTrackerRequest.scrape(Array(repeating: hash, count: count), connection: 9, transaction: 7)
        }
        #expect(packet(1) == head + Self.hash)
        #expect(packet(74).count == 16 + 74 * 20)
        #expect(packet(75) == packet(74))
    }

    // MARK: - Answers

    @Test(arguments: 0..<16)
    func `an answer to connect that is cut short is none`(count: Int) {
        #expect(UDPTrackerReply([UInt8](repeating: 0, count: count), isIPv6: false) == nil)
    }

    @Test(arguments: [UInt8(4), 5, 255])
    func `an unknown action is no answer`(action: UInt8) {
        #expect(UDPTrackerReply([0, 0, 0, action] + [UInt8](repeating: 1, count: 60), isIPv6: false) == nil)
        #expect(UDPTrackerReply([1, 0, 0, 0] + [UInt8](repeating: 1, count: 60), isIPv6: false) == nil)
    }

    @Test func `connect, scrape and error are read`() {
        let start: [UInt8] = [0, 0, 0, 7]
        #expect(
            UDPTrackerReply([0, 0, 0, 0] + start + [1, 2, 3, 4, 5, 6, 7, 8], isIPv6: false)
                == .connected(0x0102_0304_0506_0708)
        )
        let row: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
        let torrent = ScrapeResponse.Torrent(complete: 1, downloaded: 2, incomplete: 3)
        #expect(
            UDPTrackerReply([0, 0, 0, 2] + start + row + row + [9], isIPv6: false) == .scraped([torrent, torrent])
        )
        #expect(UDPTrackerReply([0, 0, 0, 2] + start, isIPv6: false) == .scraped([]))
        let none = ScrapeResponse.Torrent(complete: 0, downloaded: 0, incomplete: 0)
        let negative = [UInt8](repeating: 255, count: 12)
        #expect(UDPTrackerReply([0, 0, 0, 2] + start + negative, isIPv6: false) == .scraped([none]))
        #expect(
            UDPTrackerReply([0, 0, 0, 3] + start + Array("<b>\u{1B}[1m\0".utf8), isIPv6: false)
                == .refused("<b>\\u{1b}[1m")
        )
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 5_000)
        #expect(
            UDPTrackerReply([0, 0, 0, 3] + start + long, isIPv6: false)
                == .refused(String(repeating: "x", count: 300))
        )
    }

    private static func answer(interval: [UInt8], _ rows: [UInt8] = []) -> [UInt8] {
        [0, 0, 0, 1, 0, 0, 0, 7] + interval + [0, 0, 0, 2, 0, 0, 0, 3] + rows
    }

    @Test(
        arguments: [
            ([0, 0, 7, 8], 1_800), ([0, 0, 0, 0], 60), ([255, 255, 255, 255], 60), ([128, 0, 0, 0], 60),
            ([127, 255, 255, 255], 86_400),
        ] as [([UInt8], Int)]
    )
    func `the interval is held within a minute and a day`(bytes: [UInt8], seconds: Int) {
        guard case .announced(let response)? = UDPTrackerReply(Self.answer(interval: bytes), isIPv6: false) else {
            Issue.record("no announce")
            return
        }
        #expect(response.interval == seconds)
        #expect(response.incomplete == 2 && response.complete == 3 && response.peers.isEmpty)
    }

    @Test func `peers are rows of the family of the socket, and a row that is cut short is left out`() {
        func peers(_ rows: [UInt8], isIPv6: Bool) -> [String] {
            let reply = UDPTrackerReply(Self.answer(interval: [0, 0, 7, 8], rows), isIPv6: isIPv6)
            guard case .announced(let response)? = reply else { return ["none"] }
            return response.peers.map(\.address.description)
        }
        let four: [UInt8] = [10, 0, 0, 1, 1, 2]
        let unusable: [UInt8] = [10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2]
        #expect(peers(four + unusable + four.dropLast(), isIPv6: false) == ["10.0.0.1:258"])
        let six: [UInt8] = [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [1, 1, 2]
        #expect(peers(six + four, isIPv6: true) == ["[2001:db8::1]:258"])
        #expect(peers([UInt8](repeating: 1, count: 64 << 10), isIPv6: false).count == 1_000)
        #expect(UDPTrackerReply(Array(Self.answer(interval: [0, 0, 7, 8]).dropLast()), isIPv6: false) == nil)
    }
}
