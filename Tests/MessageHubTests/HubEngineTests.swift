import BusServices
import BusTransport
import Testing

@testable import MessageHub

@Suite struct `Hub engine` {
    let start = ContinuousClock.now
    let control = Connection.control([1])
    let node = Connection.process([10])
    let tracker = Connection.process([11])

    /// An engine with a ready peer-node and a ready tracker-api.
    func engine() throws -> HubEngine {
        var engine = HubEngine(now: start)
        for (name, connection) in [("peer-node/1", node), ("tracker-api/1", tracker)] {
            let process = Incarnation(name: try #require(ProcessName(name)), epoch: 4)
            #expect(engine.expect(process, token: [5], now: start) == [])
            let hello = SessionHello(name: process.name, pid: 1, epoch: 4, token: [5], programVersion: "")
            let answer = engine.received(
                try request(1, SessionMethod.hello.rawValue, .launcher, SessionMessages.encode(hello)),
                from: connection,
                now: start
            )
            #expect(answer.last == .tell(.connected(hello)))
            _ = engine.received(try ready(epoch: 4), from: connection, now: start)
        }
        return engine
    }

    func request(
        _ correlation: UInt64,
        _ method: String,
        _ destination: Destination?,
        _ body: [UInt8] = [],
        epoch: UInt64 = 4,
        deadline: Duration = .seconds(10)
    ) -> ReceivedMessage {
        var envelope = Envelope(.request, correlation: correlation)
        envelope.method = method
        envelope.destination = destination
        envelope.epoch = epoch
        envelope.deadline = deadline
        return ReceivedMessage(parts: [envelope.bytes, body])
    }

    func message(_ kind: Envelope.Kind, _ correlation: UInt64, epoch: UInt64 = 4) -> ReceivedMessage {
        var envelope = Envelope(kind, correlation: correlation)
        envelope.epoch = epoch
        return ReceivedMessage(parts: [envelope.bytes, [9]])
    }

    func ready(epoch: UInt64) throws -> ReceivedMessage {
        var envelope = Envelope(.notice, correlation: 0)
        envelope.method = SessionMethod.ready.rawValue
        envelope.epoch = epoch
        return ReceivedMessage(parts: [envelope.bytes, try SessionMessages.encode(Endpoints())])
    }

    /// What is sent to whom: kind, number, fault.
    func sent(_ actions: [HubAction]) -> [String] {
        actions.compactMap { action in
            guard case .send(let connection, let envelope, _) = action else { return nil }
            let fault = envelope.fault.map { " \($0.code)" } ?? ""
            return "\(name(connection)) \(envelope.kind) \(envelope.correlation)\(fault)"
        }
    }

    func name(_ connection: Connection) -> String {
        switch connection {
        case node: "node"
        case tracker: "tracker"
        case control: "control"
        default: "?"
        }
    }

    @Test func `carries a request there and its answer back, once`() throws {
        var hub = try engine()
        let ask = request(77, "torrents.list", .any(.peerNode))
        #expect(sent(hub.received(ask, from: control, now: start)) == ["node request 1"])
        #expect(sent(hub.received(message(.progress, 1), from: node, now: start)) == ["control progress 77"])
        #expect(sent(hub.received(message(.reply, 1), from: node, now: start)) == ["control reply 77"])
        #expect(hub.received(message(.reply, 1), from: node, now: start) == [])
        #expect(hub.received(message(.progress, 1), from: node, now: start) == [])
    }

    @Test func `lets only the one who was asked answer, and only in its present start`() throws {
        var hub = try engine()
        _ = hub.received(request(77, "torrents.list", .any(.peerNode)), from: control, now: start)
        #expect(hub.received(message(.reply, 1), from: tracker, now: start) == [])
        #expect(sent(hub.received(message(.reply, 1, epoch: 3), from: node, now: start)) == [])
        #expect(sent(hub.received(message(.reply, 1), from: control, now: start)) == [])
        #expect(sent(hub.received(message(.reply, 1), from: node, now: start)) == ["control reply 77"])
    }

    @Test func `lets only the asker cancel`() throws {
        var hub = try engine()
        _ = hub.received(request(77, "torrents.list", .any(.peerNode)), from: control, now: start)
        #expect(hub.received(message(.cancel, 77), from: tracker, now: start) == [])
        #expect(sent(hub.received(message(.cancel, 77), from: control, now: start)) == ["node cancel 1"])
        #expect(hub.received(message(.cancel, 77), from: control, now: start) == [])
    }

    @Test func `refuses a number that is open, a message without deadline, another start`() throws {
        var hub = try engine()
        let ask = request(5, "hashing.hash", .any(.hasherWorker))
        #expect(sent(hub.received(ask, from: node, now: start)) == ["node reply 5 invalid"])
        _ = hub.received(request(77, "torrents.list", .any(.peerNode)), from: control, now: start)
        let again = request(77, "torrents.list", .any(.peerNode))
        #expect(sent(hub.received(again, from: control, now: start)) == ["control reply 77 invalid"])
        let late = request(78, "torrents.list", .any(.peerNode), deadline: .zero)
        #expect(sent(hub.received(late, from: control, now: start)) == ["control reply 78 deadlineExceeded"])
        let stale = request(79, "catalogue.find", .any(.trackerAPI), epoch: 3)
        #expect(sent(hub.received(stale, from: node, now: start)) == ["node reply 79 refused"])
    }

    @Test func `bounds the open requests of one asker`() throws {
        var hub = try engine()
        for number in 1...UInt64(RequestRouter.maximumPerAsker) {
            let actions = hub.received(request(number, "torrents.list", .any(.peerNode)), from: control, now: start)
            #expect(actions.count == 1)
        }
        let more = request(5000, "torrents.list", .any(.peerNode))
        #expect(sent(hub.received(more, from: control, now: start)) == ["control reply 5000 overloaded"])
    }

    @Test func `tells the asker when a process ends, and the process when the asker does`() throws {
        var hub = try engine()
        _ = hub.received(request(77, "torrents.list", .any(.peerNode)), from: control, now: start)
        _ = hub.received(request(6, "catalogue.find", .any(.trackerAPI)), from: node, now: start)
        let process = Incarnation(name: try #require(ProcessName("peer-node/1")), epoch: 4)
        let old = Incarnation(name: process.name, epoch: 3)
        #expect(hub.ended(old, now: start) == [])
        #expect(sent(hub.ended(process, now: start)) == ["control reply 77 unavailable", "tracker cancel 2"])
        let ask = request(78, "torrents.list", .any(.peerNode))
        #expect(sent(hub.received(ask, from: control, now: start)) == ["control reply 78 unavailable"])
    }

    @Test func `cuts off a process without heartbeats, but blames none for its own pause`() throws {
        var hub = try engine()
        for second in 1...9 { #expect(hub.tick(start + .seconds(second)) == []) }
        // The machine slept for an hour.
        #expect(hub.tick(start + .seconds(3609)) == [])
        let news = hub.tick(start + .seconds(3611))
        #expect(news.count == 2)
        #expect(hub.sessions[node] == nil)
    }

    @Test func `a deadline is told to both sides`() throws {
        var hub = try engine()
        let ask = request(77, "torrents.list", .any(.peerNode), deadline: .seconds(2))
        _ = hub.received(ask, from: control, now: start)
        #expect(sent(hub.tick(start + .seconds(1))) == [])
        #expect(sent(hub.tick(start + .seconds(2))) == ["node cancel 1", "control reply 77 deadlineExceeded"])
    }

    @Test func `takes any message from anybody without harm`() throws {
        var hub = try engine()
        var random = SystemRandomNumberGenerator()
        let methods = ["torrents.list", "hashing.hash", "session.hello", "session.ready", "supervision.stop", "x", ""]
        let kinds: [Envelope.Kind] = [.request, .reply, .progress, .cancel, .notice]
        for step in 0..<5000 {
            var envelope = Envelope(kinds.randomElement(using: &random) ?? .reply, correlation: .random(in: 0...4))
            if step % 5 == 0 { envelope.correlation |= 1 << 63 }
            envelope.method = methods.randomElement(using: &random) ?? ""
            envelope.destination =
                [nil, .launcher, .any(.peerNode), .any(.hasherWorker)].randomElement(using: &random) ?? nil
            envelope.epoch = .random(in: 3...4)
            envelope.deadline = .milliseconds(Int.random(in: 0...50))
            let body = (0..<Int.random(in: 0...12)).map { _ in UInt8.random(in: 0...255) }
            let parts = step % 50 == 0 ? [body] : [envelope.bytes, body]
            let from = [control, node, tracker, .process([99]), .control([98])].randomElement(using: &random) ?? node
            let now = start + .milliseconds(step)
            _ = hub.received(ReceivedMessage(parts: parts), from: from, now: now)
            _ = hub.tick(now)
        }
        let last = start + .seconds(60)
        _ = hub.tick(last)
        #expect(hub.hashQueue.waiting == 0 && hub.hashQueue.running == 0)
    }
}
