import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo
import ServiceShapes
import Testing

@testable import TrackerServer

@Suite struct `The stream of events` {
    @Test func `follows the suite, the catalogue and the swarms`() async throws {
        let torrents = RecordingTorrents()
        let (suite, network) = SmallSuite.joined(torrents: torrents)
        try await RunningTracker.with(torrents: torrents, suite: suite) { tracker async throws in
            let stream = try EventConnection(tracker)
            defer { stream.close() }
            try await stream.wait(for: "HTTP/1.1 200") { $0.lowercased().contains("content-type: text/event-stream") }
            // The tracker hears the suite from now on.
            try await stream.wait(for: "event: ") { $0.contains("\"peer-node/1\"") && $0.contains("\"ready\"") }
            let launcher = EventPublisher(network.join(ProcessName(role: .launcher, number: 1)))
            var process = ProcessReport(name: SmallSuite.node, state: .stopping)
            process.epoch = 7
            launcher.publish(.processChanged(process))
            let told = try await stream.wait(for: "event: process\n") { $0.contains("\"state\":\"stopping\"") }
            #expect(told.contains("\"epoch\":7"))
            let torrent = try metainfo("a")
            _ = try await tracker.server.catalogue.register(metainfo: torrent.bytes)
            try await stream.wait(for: "event: catalogue") {
                $0.contains(torrent.infoHash.hex) && $0.contains("\"listed\":true")
            }
            _ = try await Client(left: 0).announce(to: tracker)
            try await stream.wait(for: "event: stats") { $0.contains("\"seeders\":1") }
        }
    }

    @Test func `goes on where a client left off, and begins anew when that is unknown`() async throws {
        try await RunningTracker.with { tracker async throws in
            _ = try await tracker.server.catalogue.register(metainfo: metainfo("a").bytes)
            let first = try EventConnection(tracker, query: "?topics=catalogue")
            let snapshot = try await first.wait(for: "event: snapshot")
            #expect(snapshot.contains("data: {\"catalogue\":[]}"))
            first.close()
            let id = try #require(snapshot.firstMatch(of: /id: (\S+)/)?.output.1)
            let torrent = try metainfo("b")
            _ = try await tracker.server.catalogue.register(metainfo: torrent.bytes)
            let second = try EventConnection(tracker, query: "?topics=catalogue", headers: ["Last-Event-ID: \(id)"])
            defer { second.close() }
            let missed = try await second.wait(for: "event: ")
            #expect(missed.contains("event: catalogue") && missed.contains(torrent.infoHash.hex))
            let third = try EventConnection(tracker, query: "?topics=catalogue&last_event_id=other-1")
            defer { third.close() }
            #expect(try await third.wait(for: "event: ").contains("event: snapshot"))
        }
    }

    @Test func `refuses pages of others, topics that are none, and other methods`() async throws {
        try await RunningTracker.with { tracker async throws in
            let path = "/api/v1/events"
            #expect(try await tracker.get(path, headers: ["Origin: http://evil.example"]).status == 403)
            #expect(try await tracker.get(path + "?topics=log").status == 400)
            #expect(try await tracker.get(path + "?topics=job,").status == 400)
            #expect(try await tracker.get(path, method: "POST").status == 405)
            #expect(try await tracker.get(path, headers: ["Accept: application/json"]).status == 406)
            let head = try await tracker.get(path, method: "HEAD")
            #expect(head.status == 200)
            #expect(tracker.server.catalogue.news.counts.clients == 0)
        }
    }

    @Test func `forgets a client that is gone`() async throws {
        try await RunningTracker.with { tracker async throws in
            let stream = try EventConnection(tracker)
            try await stream.wait(for: "event: snapshot")
            #expect(tracker.server.catalogue.news.counts.clients == 1)
            stream.close()
            #expect(try await comesTrue { tracker.server.catalogue.news.counts.clients == 0 })
        }
    }

    @Test func `drops a client that never reads`() async throws {
        try await RunningTracker.with { tracker async throws in
            let stream = try EventConnection(tracker, isReading: false)
            let news = tracker.server.catalogue.news
            #expect(try await comesTrue { news.counts.clients == 1 })
            let digits = [UInt8](repeating: UInt8(ascii: "1"), count: 64 << 10)
            // The socket buffers take some megabytes before anything waits.
            var number = 0
            while news.counts.clients > 0, number < 100_000 {
                number += 1
                let value: JSONValue = ["n": .integer(number), "digits": .digits(digits)]
                news.publish(ConsoleEvent(topic: .job, key: "1", change: .now(value)))
            }
            #expect(news.counts.dropped == 1)
            stream.read()
            await stream.untilClosed()
            #expect(try await tracker.get("/health").status == 200)
        }
    }

    @Test func `ends when the tracker does`() async throws {
        let stream = try await RunningTracker.with { tracker async throws in
            let stream = try EventConnection(tracker)
            try await stream.wait(for: "event: snapshot")
            return stream
        }
        await stream.untilClosed()
    }

    /// Whether something that no event tells of comes true within half a minute.
    private func comesTrue(_ condition: () -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(30)
        while !condition(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        return condition()
    }
}
