import BitTorrentTypes
import NIOCore
import NIOPosix
import PeerNetworking
import Testing
import TrackerWire

/// The client against a tracker on a real socket.
@Suite(.timeLimit(.minutes(1))) struct `UDP tracker` {
    private static let row: [UInt8] = [127, 0, 0, 1, 0x1A, 0x03]

    @discardableResult
    private func with<Value: Sendable>(_ body: (TrackerClient, AnnounceRequest) async throws -> Value) async throws
        -> Value
    {
        let client = TrackerClient(group: MultiThreadedEventLoopGroup.singleton)
        let message = AnnounceRequest(infoHash: try identity(1), peerID: try peer(1), port: 6881, left: 5)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(client, message)) } catch { outcome = .failure(error) }
        try await client.shutdown()
        return try outcome.get()
    }

    @Test func `is asked for peers and counts with one connection id, path and query with it`() async throws {
        try await FixtureUDPTracker.with({ [.send(FixtureUDPTracker.honest($0, peers: Self.row))] }) { tracker in
            try await with { client, message in
                let answer = try await client.announce(to: tracker.url, message)
                #expect(answer.interval == 900)
                #expect(answer.incomplete == 5 && answer.complete == 6)
                #expect(answer.peers.map(\.address) == [try #require(PeerAddress("127.0.0.1:6659"))])
                let counts = try await client.scrape(tracker.url, message.infoHash)
                #expect(counts == ScrapeResponse.Torrent(complete: 6, downloaded: 7, incomplete: 5))
                #expect(tracker.actions == [0, 1, 2])
                #expect(Array(tracker.datagrams[1].dropFirst(98)) == [2, 13] + Array("/announce?k=1".utf8))
                #expect(Array(tracker.datagrams[2].dropFirst(16)) == message.infoHash.bytes)
            }
        }
    }

    @Test func `gives IPv6 peers over IPv6`() async throws {
        let row = [UInt8](repeating: 0, count: 15) + [1, 0x1A, 0x03]
        try await FixtureUDPTracker.with(host: "::1", { [.send(FixtureUDPTracker.honest($0, peers: row))] }) {
            tracker in
            try await with { client, message in
                let answer = try await client.announce(to: tracker.url, message)
                #expect(answer.peers.map(\.address) == [try #require(PeerAddress("[::1]:6659"))])
            }
        }
    }

    @Test func `is not mistaken for a liar at another port, nor for answers to nothing`() async throws {
        let lie = [UInt8](repeating: 9, count: 6)
        try await FixtureUDPTracker.with({ datagram in
            var wrong = FixtureUDPTracker.honest(datagram, peers: lie)
            wrong[4] = ~wrong[4]
            return [
                .sendFromElsewhere(FixtureUDPTracker.honest(datagram, peers: lie)), .send(wrong), .send([]),
                .send([0, 0, 0, 3]), .send(FixtureUDPTracker.honest(datagram, peers: Self.row)),
            ]
        }) { tracker in
            try await with { client, message in
                let answer = try await client.announce(to: tracker.url, message)
                #expect(answer.peers.map(\.address) == [try #require(PeerAddress("127.0.0.1:6659"))])
            }
        }
    }

    @Test func `says why it refuses`() async throws {
        try await FixtureUDPTracker.with({ datagram in
            datagram[11] == 0
                ? [.send(FixtureUDPTracker.honest(datagram))]
                : [.send([0, 0, 0, 3] + Array(datagram[12..<16]) + Array("not <listed>".utf8))]
        }) { tracker in
            try await with { client, message in
                await #expect(throws: AnnounceFailure.refused("not <listed>")) {
                    try await client.announce(to: tracker.url, message)
                }
            }
        }
    }

    @Test func `that is silent has its turn taken from it`() async throws {
        try await FixtureUDPTracker.with({ _ in [] }) { tracker in
            try await with { client, message in
                await #expect(throws: AnnounceFailure.unreachable("it was silent for 0 s")) {
                    try await client.announce(to: tracker.url, message, deadline: .milliseconds(100))
                }
            }
        }
    }

    @Test func `that is not there is noticed at once`() async throws {
        let url = try await FixtureUDPTracker.with({ _ in [] }) { $0.url }
        try await with { client, message in
            await #expect(throws: AnnounceFailure.unreachable("nobody listens there")) {
                try await client.announce(to: url, message)
            }
        }
    }

    @Test func `serves many torrents through one socket and one connection id`() async throws {
        try await FixtureUDPTracker.with({ [.send(FixtureUDPTracker.honest($0))] }) { tracker in
            try await with { client, message in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<200 {
                        group.addTask { try await client.announce(to: tracker.url, message).interval }
                    }
                    for try await interval in group { #expect(interval == 900) }
                }
                #expect(tracker.actions.filter { $0 == 0 }.count == 1)
            }
        }
    }

    @Test func `whose name has two addresses is asked at both, and the first answer counts`() async throws {
        let six = [UInt8](repeating: 0, count: 15) + [1, 0x1A, 0x03]
        let loopbacks = ["::1", "127.0.0.1"].compactMap { IPAddress($0) }
        let message = AnnounceRequest(infoHash: try identity(1), peerID: try peer(1), port: 6881, left: 5)
        // The tracker listens on IPv6 only; at its other address nobody is.
        try await FixtureUDPTracker.with(host: "::1", { [.send(FixtureUDPTracker.honest($0, peers: six))] }) {
            tracker in
            for families in [[IPFamily.v4, .v6], [.v6]] as [Set<IPFamily>] {
                let client = TrackerClient(
                    group: MultiThreadedEventLoopGroup.singleton,
                    families: families,
                    lookup: HostLookup { _ in .success(loopbacks) }
                )
                let url = tracker.url.replacing("[::1]", with: "both.example")
                let answer = try await client.announce(to: url, message)
                #expect(answer.peers.map(\.address) == [try #require(PeerAddress("[::1]:6659"))])
                try await client.shutdown()
            }
        }
    }

    @Test func `a name that nobody knows is named as such`() async throws {
        let client = TrackerClient(
            group: MultiThreadedEventLoopGroup.singleton,
            lookup: HostLookup { _ in .failure(HostLookup.Failure("name or service not known")) }
        )
        let message = AnnounceRequest(infoHash: try identity(1), peerID: try peer(1), port: 6881)
        await #expect(throws: AnnounceFailure.unreachable("name or service not known")) {
            try await client.announce(to: "udp://nowhere.example:1", message)
        }
        try await client.shutdown()
    }
}
