import NIOCore
import ServiceShapes
import Synchronization
import Testing

@testable import TrackerServer

@Suite struct `The hub of events` {
    private static func process(_ name: String, _ state: String) -> ConsoleEvent {
        ConsoleEvent(topic: .process, key: name, change: .now(["name": .text(name), "state": .text(state)]))
    }

    private static func torrent(_ number: Int) -> ConsoleEvent {
        ConsoleEvent(topic: .torrent, key: "\(number % 10)", change: .now(["n": .integer(number)]))
    }

    private func texts(_ buffers: [ByteBuffer]) -> [String] { buffers.map { String(buffer: $0) } }

    @Test func `begins with a snapshot, then tells what changes`() async throws {
        let hub = EventHub(epoch: "e")
        hub.publish(Self.process("a/1", "starting"))
        hub.publish(Self.process("a/1", "ready"))
        hub.publish(Self.torrent(1))
        let all = try #require(hub.subscribe([.process, .job], after: nil) {})
        #expect(
            texts(all.first) == [
                "id: e-3\nevent: snapshot\ndata: {\"process\":[{\"name\":\"a/1\",\"state\":\"ready\"}],\"job\":[]}\n\n"
            ]
        )
        hub.publish(Self.process("a/1", "ready"))
        hub.publish(Self.torrent(2))
        hub.publish(ConsoleEvent(topic: .process, key: "a/1", change: .gone(["key": "a/1"])))
        hub.close()
        var frames: [String] = []
        for await frame in all.frames { frames.append(String(buffer: frame)) }
        #expect(frames == ["id: e-5\nevent: process_removed\ndata: {\"key\":\"a/1\"}\n\n"])
        #expect(hub.subscribe([.process], after: nil) {} == nil)
    }

    @Test(arguments: [
        ("e-7", ["8", "9", "10"]), ("e-10", []), ("e-5", ["6", "7", "8", "9", "10"]), ("e-4", nil), ("e-11", nil),
        ("f-7", nil), ("", nil), ("e--1", nil), ("e-99999999999999999999", nil), ("e-7\u{0}", nil),
    ])
    func `gives what was missed, or a snapshot`(id: String, numbers: [String]?) throws {
        let hub = EventHub(epoch: "e", ring: EventRing(maximumFrames: 5))
        for number in 1...10 { hub.publish(Self.torrent(number)) }
        let subscription = try #require(hub.subscribe([.torrent], after: id) {})
        let got = texts(subscription.first)
        if let numbers {
            #expect(got == numbers.map { "id: e-\($0)\nevent: torrent\ndata: {\"n\":\($0)}\n\n" })
        } else {
            #expect(got.count == 1 && got[0].hasPrefix("id: e-10\nevent: snapshot\n"))
        }
    }

    @Test func `keeps no more events than fit`() {
        var ring = EventRing(maximumFrames: 100, maximumBytes: 1000)
        for number in 1...50 {
            _ = ring.append { EventFrame(number: $0, epoch: "e", topic: .job, name: "job", data: "\(number)") }
        }
        #expect(ring.last == 50)
        let kept = (0...50).first { ring.after($0) != nil } ?? 50
        let bytes = ring.after(kept)?.reduce(0) { $0 + $1.bytes.readableBytes } ?? 0
        #expect(bytes <= 1000 && bytes > 900)
    }

    @Test func `drops a client that does not read, and no other`() throws {
        let hub = EventHub(epoch: "e")
        let dropped = Mutex(0)
        let slow = try #require(hub.subscribe([.torrent], after: nil) { dropped.withLock { $0 += 1 } })
        let other = try #require(hub.subscribe([.process], after: nil) { dropped.withLock { $0 += 100 } })
        for number in 1...EventHub.maximumWaiting { hub.publish(Self.torrent(number)) }
        #expect(dropped.withLock { $0 } == 0)
        hub.publish(Self.torrent(0))
        #expect(dropped.withLock { $0 } == 1)
        #expect(hub.counts.clients == 1)
        #expect(hub.counts.dropped == 1)
        hub.unsubscribe(slow)
        #expect(hub.counts.clients == 1)
        hub.unsubscribe(other)
        #expect(hub.counts.clients == 0)
    }

    @Test func `takes a bounded number of clients`() throws {
        let hub = EventHub(epoch: "e")
        var clients: [EventHub.Subscription] = []
        while let client = hub.subscribe([.job], after: nil, drop: {}) { clients.append(client) }
        #expect(clients.count == EventHub.maximumClients)
        #expect(!hub.hasRoom)
        hub.unsubscribe(clients[7])
        #expect(hub.hasRoom)
    }
}
