import BusServices
import BusTransport
import MessageHub
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Events through the hub` {
    func line(_ message: String) -> SuiteEvent {
        .logLine(LogLine(level: "info", label: "test", message: message, metadata: ["piece": "3"]))
    }

    @Test func `are numbered, and come from known processes on topics of their role only`() async throws {
        try await RunningHub.with { suite in
            let worker = try await suite.process("hasher-worker/1")
            let control = try await suite.control()
            var updates = EventFeed(control).updates([.log, .process]).makeAsyncIterator()
            #expect(await updates.next() == .live)
            worker.publish(.process, body: [])
            worker.publish(.torrent, body: [])
            EventPublisher(worker).publish(line("one"))
            EventPublisher(worker).publish(line("two"))
            for (number, text) in [(UInt64(1), "one"), (2, "two")] {
                guard case .event(let event, let sequence, let source, let time)? = await updates.next() else {
                    Issue.record("no event")
                    return
                }
                #expect(event == line(text))
                #expect(sequence == number)
                #expect(source == "hasher-worker/1")
                #expect(time > 1_700_000_000_000)
            }
            await worker.close()
        }
    }

    @Test func `of the launcher reach every subscriber`() async throws {
        try await RunningHub.with { suite in
            let report = ProcessReport(name: ProcessName(role: .peerNode, number: 1), state: .ready)
            var feeds: [AsyncMapSequence<AsyncStream<BusEvent>, SuiteUpdate>.Iterator] = []
            var subscribers: [ZeroMQBus] = []
            for _ in 0..<3 {
                subscribers.append(try await suite.control())
                var feed = EventFeed(subscribers[subscribers.count - 1]).updates([.process]).makeAsyncIterator()
                #expect(await feed.next() == .live)
                feeds.append(feed)
            }
            suite.hub.publish(.processChanged(report))
            for index in feeds.indices {
                guard case .event(let event, 1, "launcher", _)? = await feeds[index].next() else {
                    Issue.record("no event")
                    continue
                }
                #expect(event == .processChanged(report))
            }
            for subscriber in subscribers { await subscriber.close() }
        }
    }

    @Test func `of a process that was replaced are dropped`() async throws {
        try await RunningHub.with { suite in
            let old = try await suite.process("peer-node/1", epoch: 1)
            let new = try await suite.process("peer-node/1", epoch: 2)
            let control = try await suite.control()
            var updates = EventFeed(control).updates([.log]).makeAsyncIterator()
            #expect(await updates.next() == .live)
            EventPublisher(old).publish(line("old"))
            // Its answer comes after the event, on the same thread of the old process.
            _ = try? await old.request("x", to: .launcher, body: [], deadline: .seconds(5), onProgress: nil)
            EventPublisher(new).publish(line("new"))
            guard case .event(let event, 1, _, _)? = await updates.next() else {
                Issue.record("no event")
                return
            }
            #expect(event == line("new"))
            await control.close()
        }
    }
}
