import AnnounceDoors
import BitTorrentTypes
import BusServices
import Foundation
import Testing
import TrackerEngine
import TrackerWire

@testable import TrackerServer

@Suite struct `The UDP tracker` {
    private static let hash = InfoHash(loadingFrom: Array(0..<20))

    private static func announce(
        _ connection: UInt64,
        id: UInt8 = 1,
        port: UInt16 = 1_001,
        left: Int = 1,
        numwant: Int? = nil,
        target: String = ""
    ) -> [UInt8] {
        UDPTrackerRequest.announce(
            AnnounceRequest(
                infoHash: hash,
                peerID: PeerID(loadingFrom: [UInt8](repeating: id, count: 20)),
                port: port,
                left: left,
                numwant: numwant
            ),
            target: target,
            connection: connection,
            transaction: 42
        )
    }

    private func expectSilence(to packets: [[UInt8]], from client: RawDatagrams) async throws {
        for (number, packet) in packets.enumerated() {
            // What was answered before the sign would come first.
            client.send(packet)
            let sign = UInt32(1_000 + number)
            let answer = try await client.ask(UDPTrackerRequest.connect(transaction: sign))
            #expect(answer.count == 16 && answer.prefix(8) == [0, 0, 0, 0] + Self.bytes(sign), "packet \(number)")
        }
    }

    private static func bytes(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    @Test func `is silent about rubbish`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = try tracker.datagrams()
            let id = try await client.connect()
            let announce = Self.announce(id)
            var unknownAction = announce
            unknownAction[11] = 9
            var anError = announce
            anError[11] = 3
            var wrongMagic = UDPTrackerRequest.connect(transaction: 1)
            wrongMagic[5] ^= 1
            try await expectSilence(
                to: [
                    [], [0], Array(announce.prefix(15)), Array(announce.prefix(97)), unknownAction, anError, wrongMagic,
                    [UInt8](repeating: 0, count: 99), [UInt8](repeating: 0xFF, count: 65_000),
                    announce + [UInt8](repeating: 0, count: 4_000),
                ],
                from: client
            )
            #expect(tracker.server.peerCount == 0)
        }
    }

    @Test func `is silent to who has not shown that the address is its own`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = try tracker.datagrams()
            let id = try await client.connect()
            let other = try tracker.datagrams(from: "127.0.0.2")
            let foreign = try await other.connect()
            #expect(id != foreign)
            let ids = [0, 1, id ^ 1, id ^ 1 << 63, id &+ 1, id &- 1, foreign, .max]
            let packets = ids.flatMap {
                [Self.announce($0), UDPTrackerRequest.scrape([Self.hash], connection: $0, transaction: 1)]
            }
            try await expectSilence(to: packets, from: client)
            #expect(tracker.server.peerCount == 0)
            #expect(try await client.ask(Self.announce(id)).count == 20)
        }
    }

    @Test func `sends no more than it got, before the address is proved`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = try tracker.datagrams()
            var random = SystemRandomNumberGenerator()
            var sent = 0
            var received = 0
            for round in 0..<200 {
                var packet = (0..<Int.random(in: 0...300)).map { _ in UInt8.random(in: 0...255, using: &random) }
                if round % 2 == 0 { packet = Self.announce(random.next()) }
                client.send(packet)
                sent += packet.count
                let connect = UDPTrackerRequest.connect(transaction: UInt32(round))
                sent += connect.count
                received += try await client.ask(connect).count
            }
            #expect(received == 200 * 16)
            #expect(received <= sent)
        }
    }

    @Test func `gives everybody sixteen bytes for sixteen, wherever they come from`() async throws {
        try await RunningTracker.with { tracker async throws in
            for number in 0..<500 {
                let client = try tracker.datagrams(from: "127.\(number % 250 + 1).\(number / 250).7")
                #expect(try await client.ask(UDPTrackerRequest.connect(transaction: UInt32(number))).count == 16)
            }
            #expect(tracker.server.peerCount == 0)
        }
    }

    @Test func `lets a peer move with the key that it was first seen with, and with no other`() async throws {
        try await RunningTracker.with { tracker async throws in
            func answer(from source: String, key: UInt8) async throws -> UDPTrackerReply? {
                let client = try tracker.datagrams(from: source)
                var packet = Self.announce(try await client.connect())
                packet.replaceSubrange(88..<92, with: [0, 0, 0, key])
                return UDPTrackerReply(try await client.ask(packet), isIPv6: false)
            }
            func addresses() -> [String] {
                tracker.server.catalogue.swarms.peers(of: Self.hash).map(\.address.description)
            }
            _ = try await answer(from: "127.0.0.1", key: 5)
            for key in [0, 6] as [UInt8] {
                #expect(try await answer(from: "127.0.0.2", key: key) == .refused("peer_id is in use with another key"))
                #expect(addresses() == ["127.0.0.1:1001"])
            }
            guard case .announced = try await answer(from: "127.0.0.2", key: 5) else {
                Issue.record("the peer may not move")
                return
            }
            #expect(addresses() == ["127.0.0.2:1001"])
        }
    }

    @Test func `takes the sender's address, whatever the packet claims`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = try tracker.datagrams()
            var packet = Self.announce(try await client.connect())
            packet.replaceSubrange(84..<88, with: [8, 8, 8, 8])
            _ = try await client.ask(packet)
            let peers = tracker.server.catalogue.swarms.peers(of: Self.hash)
            #expect(peers.map(\.address.description) == ["127.0.0.1:1001"])
        }
    }

    @Test func `refuses port 0 in words and gives a hundred peers at most`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = try tracker.datagrams()
            let id = try await client.connect()
            let refusal = UDPTrackerReply(try await client.ask(Self.announce(id, port: 0)), isIPv6: false)
            #expect(refusal == .refused("port is out of range"))
            for peer in 0..<120 {
                _ = try await client.ask(Self.announce(id, id: UInt8(peer), port: UInt16(2_000 + peer)))
            }
            for (numwant, count) in [(nil, 50), (0, 0), (3, 3), (Int(Int32.max), 100)] as [(Int?, Int)] {
                let answer = try await client.ask(Self.announce(id, id: 200, port: 9, numwant: numwant))
                #expect(answer.count == 20 + 6 * count)
            }
        }
    }

    @Test func `scrapes 1 to 74 torrents`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = try tracker.datagrams()
            let id = try await client.connect()
            _ = try await client.ask(Self.announce(id, left: 0))
            for count in [0, 75, 200] {
                let head = UDPTrackerRequest.scrape([], connection: id, transaction: 5)
                let answer = try await client.ask(head + (0..<count).flatMap { _ in Self.hash.bytes })
                guard case .refused = UDPTrackerReply(answer, isIPv6: false) else {
                    Issue.record("\(count) torrents were scraped")
                    continue
                }
            }
            let many = [Self.hash] + (1..<74).map { InfoHash(loadingFrom: [UInt8](repeating: UInt8($0), count: 20)) }
            let answer = try await client.ask(UDPTrackerRequest.scrape(many, connection: id, transaction: 5))
            guard case .scraped(let torrents) = UDPTrackerReply(answer, isIPv6: false) else {
                Issue.record("74 torrents were not scraped")
                return
            }
            #expect(torrents.count == 74)
            #expect(torrents[0] == .init(complete: 1, downloaded: 0, incomplete: 0))
            #expect(torrents[1] == .init(complete: 0, downloaded: 0, incomplete: 0))
        }
    }

    @Test(
        arguments: [
            [2], [2, 255], [2, 3, 0x2F], [7, 7, 7], [0], [1, 1, 1, 1], [UInt8](repeating: 1, count: 1_000),
            [2, 0, 2, 0, 2, 1, 0x2F],
        ] as [[UInt8]]
    )
    func `does not mind options that are cut or unknown`(options: [UInt8]) async throws {
        try await RunningTracker.with { tracker async throws in
            let client = try tracker.datagrams()
            #expect(try await client.ask(Self.announce(try await client.connect()) + options).count == 20)
        }
    }

    @Test func `of a private tracker asks for the passkey in the URL`() async throws {
        let change: @Sendable (inout TrackerConfiguration) -> Void = {
            $0.mode = .private
            $0.lists = Lists.folder(["passkeys": "0123456789abcdef # ours\n", "torrents.allow": Self.hash.hex])
        }
        try await RunningTracker.with(change: change) { tracker async throws in
            let client = try tracker.datagrams()
            let id = try await client.connect()
            for (target, isMember) in [
                ("/0123456789abcdef/announce", true), ("/announce", false), ("", false),
                ("/0123456789abcdeX/announce", false), ("/0123456789abcdef/announce?x=y", true),
            ] {
                let answer = UDPTrackerReply(try await client.ask(Self.announce(id, target: target)), isIPv6: false)
                if isMember {
                    guard case .announced = answer else {
                        Issue.record("\(target) is refused")
                        continue
                    }
                } else {
                    #expect(answer == .refused("passkey is not known on this tracker"))
                }
            }
        }
    }

    @Test func `takes any port when its own is taken, and tells`() async throws {
        try await RunningTracker.with { first async throws in
            let port = first.udpPort
            try await RunningTracker.with(change: { $0.udpPort = port }) { second async throws in
                #expect(second.udpPort != port && second.udpPort > 0)
                #expect(second.server.endpoints.udpURL == "udp://127.0.0.1:\(second.udpPort)/announce")
                _ = try await second.datagrams().connect()
            }
        }
    }

    @Test func `serves from several loops`() async throws {
        try await RunningTracker.with(change: { $0.loops = 3 }) { tracker async throws in
            for peer in 0..<30 {
                let client = try tracker.datagrams()
                _ = try await client.ask(
                    Self.announce(try await client.connect(), id: UInt8(peer), port: UInt16(100 + peer))
                )
            }
            #expect(tracker.server.peerCount == 30)
            #expect(throws: POSIXError.self) { try RawDatagrams(to: "127.0.0.1", port: 1, from: "192.0.2.1") }
        }
    }
}

extension InfoHash {
    init(loadingFrom bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { InfoHash(loadingFrom: $0.baseAddress.unsafelyUnwrapped) }
    }
}

extension PeerID {
    init(loadingFrom bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { PeerID(loadingFrom: $0.baseAddress.unsafelyUnwrapped) }
    }
}
