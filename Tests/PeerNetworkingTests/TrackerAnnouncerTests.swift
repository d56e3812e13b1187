import BitTorrentTypes
import Logging
import NIOPosix
import PeerNetworking
import Synchronization
import Testing
import TrackerWire

/// One torrent that announces to real sockets, and what it tells its session.
private struct Announcing: Sendable {
    let announcer: TrackerAnnouncer
    let found: AsyncStream<[PeerAddress]>
    let reports: AsyncStream<[TrackerStatus]>

    static func with<Value: Sendable>(
        _ tiers: [[String]],
        left: Int = 5,
        lookup: HostLookup = HostLookup(),
        _ body: (Announcing) async throws -> Value
    ) async throws -> Value {
        let client = TrackerClient(group: MultiThreadedEventLoopGroup.singleton, lookup: lookup)
        let message = AnnounceRequest(infoHash: try identity(1), peerID: try peer(1), port: 6881, left: left)
        let (found, foundSink) = AsyncStream.makeStream(of: [PeerAddress].self)
        let (reports, reportSink) = AsyncStream.makeStream(of: [TrackerStatus].self)
        let announcer = TrackerAnnouncer(
            tiers: tiers,
            client: client,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            request: { event in
                var message = message
                message.event = event
                return message
            },
            found: { foundSink.yield($0) },
            changed: { reportSink.yield($0) }
        )
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(Announcing(announcer: announcer, found: found, reports: reports)))
        } catch {
            outcome = .failure(error)
        }
        await announcer.stop()
        try await client.shutdown()
        return try outcome.get()
    }

    /// The first report that is as it should be.
    func report(where isRight: ([TrackerStatus]) -> Bool) async throws -> [TrackerStatus] {
        for await report in reports where isRight(report) { return report }
        throw NoValue()
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Tracker announcer` {
    private static let good = FixtureTracker.bencoded("d8:intervali900e5:peers6:\u{7F}\u{0}\u{0}\u{1}\u{1A}\u{3}e")

    private static func parameter(_ name: String, of line: String) -> Substring? {
        line.split(whereSeparator: { "?& ".contains($0) }).first { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
    }

    @Test func `says started, completed and stopped, always with one key, and passes on the peers`() async throws {
        let lines = try await FixtureTracker.with({ _ in Self.good }) { tracker in
            try await Announcing.with([[tracker.url]]) { torrent in
                await torrent.announcer.start()
                var peers = torrent.found.makeAsyncIterator()
                #expect(await peers.next()?.map(\.port) == [6659])
                await torrent.announcer.completed()
                #expect(await peers.next()?.count == 1)
            }
            return tracker.lines
        }
        #expect(lines.map { Self.parameter("event", of: $0) } == ["started", "completed", "stopped"])
        let keys = Set(lines.map { Self.parameter("key", of: $0) })
        #expect(keys.count == 1)
        #expect(keys.first??.count == 8)
    }

    @Test func `gives a tracker its id back`() async throws {
        let lines = try await FixtureTracker.with({ _ in
            FixtureTracker.bencoded("d8:intervali900e5:peers0:10:tracker id3:a&be")
        }) { tracker in
            try await Announcing.with([[tracker.url]]) { torrent in
                await torrent.announcer.start()
                _ = try await torrent.report { $0[0].isWorking }
            }
            return tracker.lines
        }
        #expect(lines.map { Self.parameter("trackerid", of: $0) } == [nil, "a%26b"])
    }

    @Test func `goes on to the next tier over UDP, and tells of each what it said`() async throws {
        let nobody = try await FixtureUDPTracker.with({ _ in [] }) { $0.url }
        try await FixtureTracker.with({ _ in FixtureTracker.bencoded("d14:failure reason6:go <b>e") }) { refusing in
            try await FixtureUDPTracker.with({ [.send(FixtureUDPTracker.honest($0))] }) { udp in
                try await Announcing.with([[nobody], [refusing.url], [udp.url], [refusing.url + "?2"]]) { torrent in
                    await torrent.announcer.start()
                    // The counts of the announce, and of the scrape after it.
                    let report = try await torrent.report { $0[2].downloaded != nil }
                    #expect(report.map(\.tier) == [0, 1, 2, 3])
                    #expect(report.map(\.failures) == [1, 1, 0, 0])
                    #expect(report.map(\.isWorking) == [false, false, true, false])
                    #expect(report[0].text == "no answer: nobody listens there")
                    #expect(report[1].message == "go <b>")
                    #expect(report[2].text == "working")
                    #expect(report[2].seeders == 6 && report[2].leechers == 5 && report[2].downloaded == 7)
                    #expect(report[2].secondsToNext > 60)
                    #expect(report[3].text == "not asked yet" && report[3].next == nil)
                }
                // The last datagram is the announce that says stopped.
                #expect(udp.datagrams.last?[11] == 1 && udp.datagrams.last?[83] == 3)
            }
            #expect(refusing.lines.count == 1)
        }
    }

    @Test func `shows a warning, the counts and the address that a tracker sees`() async throws {
        try await FixtureTracker.with({ line in
            line.contains("/scrape")
                ? FixtureTracker.bencoded(
                    "d5:filesd20:" + String(repeating: "\u{1}", count: 20)
                        + "d8:completei3e10:downloadedi9e10:incompletei4eeee"
                )
                : FixtureTracker.bencoded(
                    "d8:completei1e11:external ip4:\u{7F}\u{0}\u{0}\u{9}10:incompletei2e8:intervali900e5:peers0:"
                        + "15:warning message5:soon<e"
                )
        }) { tracker in
            try await Announcing.with([[tracker.url]]) { torrent in
                await torrent.announcer.start()
                let first = try await torrent.report { $0[0].isWorking }
                #expect(first[0].text == "working: soon<" && first[0].message == "soon<")
                #expect(first[0].externalIP == IPAddress("127.0.0.9"))
                let second = try await torrent.report { $0[0].downloaded != nil }
                #expect(second[0].seeders == 3 && second[0].leechers == 4 && second[0].downloaded == 9)
            }
        }
    }

    @Test func `comes back when a tracker that answered rubbish answers again`() async throws {
        let isBroken = Mutex(true)
        try await FixtureTracker.with({ _ in isBroken.withLock { $0 } ? "HTTP/1.1 502 Bad\r\n\r\n" : Self.good }) {
            tracker in
            try await Announcing.with([[tracker.url]]) { torrent in
                await torrent.announcer.start()
                let broken = try await torrent.report { !$0[0].isWorking && $0[0].failures > 0 }
                #expect(broken[0].text == "the tracker answered with status 502")
                // The first pause is five seconds, spread by a quarter.
                #expect(broken[0].secondsToNext < 7)
                isBroken.withLock { $0 = false }
                await torrent.announcer.announceNow()
                let working = try await torrent.report { $0[0].isWorking }
                #expect(working[0].failures == 0)
            }
        }
    }

    /// Fault F20: the name of a tracker is given to another machine.
    @Test func `finds a tracker whose name has moved to another address`() async throws {
        let addresses = Mutex(["127.0.0.1"])
        let lookup = HostLookup { _ in .success(addresses.withLock { $0.compactMap { IPAddress($0) } }) }
        // Somebody else answers at the old address.
        try await FixtureTracker.with({ _ in "HTTP/1.1 404 Not Here\r\nContent-Length: 0\r\n\r\n" }) { old in
            let port = try #require(old.url.firstMatch(of: /:(\d+)\//).flatMap { Int($0.output.1) })
            try await FixtureTracker.with({ _ in Self.good }, host: "127.0.0.2", port: port) { new in
                let url = old.url.replacing("127.0.0.1", with: "tracker.example")
                try await Announcing.with([[url]], lookup: lookup) { torrent in
                    await torrent.announcer.start()
                    let gone = try await torrent.report { $0[0].failures > 0 }
                    #expect(gone[0].text == "the tracker answered with status 404")
                    addresses.withLock { $0 = ["127.0.0.2"] }
                    await torrent.announcer.announceNow()
                    let working = try await torrent.report { $0[0].isWorking }
                    #expect(working[0].failures == 0)
                }
                #expect(old.lines.count == 1)
                #expect(new.lines.map { Self.parameter("event", of: $0) } == ["started", "stopped"])
            }
        }
    }

    @Test func `does not announce again before the minimum interval, however often it is told to`() async throws {
        try await FixtureTracker.with({ _ in
            FixtureTracker.bencoded("d8:intervali900e12:min intervali600e5:peers0:e")
        }) { tracker in
            try await Announcing.with([[tracker.url]]) { torrent in
                await torrent.announcer.start()
                _ = try await torrent.report { $0[0].isWorking }
                for _ in 0..<20 { await torrent.announcer.announceNow() }
                #expect(tracker.lines.count == 1)
            }
        }
    }
}
