import BusServices
import BusTransport
import MessageHub
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Requests through the hub` {
    @Test func `reach the named process and bring progress and answer back`() async throws {
        try await RunningHub.with { suite in
            let node = try await suite.process("peer-node/1") { request in
                request.progress([1])
                request.progress([2])
                return request.body + Array(" \(request.method) from \(request.source)".utf8)
            }
            let control = try await suite.control()
            let (seen, progress) = AsyncStream<UInt8>.makeStream()
            let reply = try await control.request(
                "torrents.list",
                to: .process(ProcessName(role: .peerNode, number: 1)),
                body: Array("hi".utf8),
                deadline: .seconds(20)
            ) { for byte in $0 { progress.yield(byte) } }
            progress.finish()
            #expect(String(decoding: reply, as: UTF8.self) == "hi torrents.list from control")
            #expect(await seen.reduce(into: []) { $0.append($1) } == [1, 2])
            await node.close()
            await control.close()
        }
    }

    @Test func `reach the launcher's own service`() async throws {
        try await RunningHub.with { suite in
            let client = SupervisionClient(try await suite.control())
            #expect(try await client.status().launcherPID == 42)
            await #expect(throws: BusFault(.notFound, "no peer-node/9")) {
                try await client.restart(ProcessName(role: .peerNode, number: 9))
            }
        }
    }

    @Test func `a fault crosses as code and sentence`() async throws {
        try await RunningHub.with { suite in
            let node = try await suite.process("peer-node/1") { _ throws(BusFault) in
                throw BusFault(.notFound, "no such torrent")
            }
            let control = try await suite.control()
            await #expect(throws: BusFault(.notFound, "no such torrent")) {
                try await control.request(
                    "torrents.show",
                    to: .any(.peerNode),
                    body: [],
                    deadline: .seconds(20),
                    onProgress: nil
                )
            }
            await node.close()
        }
    }

    @Test func `are refused when the role may not ask them`() async throws {
        try await RunningHub.with { suite in
            let worker = try await suite.process("hasher-worker/1")
            let node = try await suite.process("peer-node/1")
            for (bus, method, destination) in [
                (worker, "catalogue.find", Destination.any(.trackerAPI)), (worker, "supervision.stop", .launcher),
                (node, "supervision.scale", .launcher), (node, "torrents.remove", .any(.peerNode)),
                (node, "catalogue.register", .any(.trackerAPI)),
            ] {
                let fault = await #expect(throws: BusFault.self) {
                    try await bus.request(method, to: destination, body: [], deadline: .seconds(20), onProgress: nil)
                }
                #expect(fault?.code == .refused)
            }
        }
    }

    @Test func `say at once that nobody is ready, or that nobody answers such things`() async throws {
        try await RunningHub.with { suite in
            let control = try await suite.control()
            for (method, destination, code) in [
                ("torrents.list", Destination.any(.peerNode), BusFault.Code.unavailable),
                ("torrents.list", .process(ProcessName(role: .peerNode, number: 7)), .unavailable),
                ("torrents.list", .launcher, .invalid), ("catalogue.find", .any(.peerNode), .invalid),
                ("nonsense", .launcher, .invalid), ("", .launcher, .invalid),
            ] {
                let fault = await #expect(throws: BusFault.self) {
                    try await control.request(
                        method,
                        to: destination,
                        body: [],
                        deadline: .seconds(20),
                        onProgress: nil
                    )
                }
                #expect(fault?.code == code, "\(method)")
            }
        }
    }

    @Test func `a deadline ends the wait and cancels the one who answers`() async throws {
        try await RunningHub.with { suite in
            let (cancelled, note) = AsyncStream<Void>.makeStream()
            let node = try await suite.process("peer-node/1") { _ in
                await untilCancelled()
                note.yield()
                return []
            }
            let control = try await suite.control()
            let fault = await #expect(throws: BusFault.self) {
                try await control.request(
                    "torrents.list",
                    to: .any(.peerNode),
                    body: [],
                    deadline: .milliseconds(30),
                    onProgress: nil
                )
            }
            #expect(fault?.code == .deadlineExceeded)
            _ = await cancelled.first { true }
            await node.close()
        }
    }

    @Test func `an asker that gives up cancels the one who answers`() async throws {
        try await RunningHub.with { suite in
            let (events, note) = AsyncStream<String>.makeStream()
            let node = try await suite.process("peer-node/1") { _ in
                note.yield("begun")
                await untilCancelled()
                note.yield("cancelled")
                return []
            }
            let control = try await suite.control()
            let asking = Task { () throws(BusFault) in
                try await control.request(
                    "torrents.list",
                    to: .any(.peerNode),
                    body: [],
                    deadline: .seconds(60),
                    onProgress: nil
                )
            }
            _ = await events.first { $0 == "begun" }
            asking.cancel()
            let result = await asking.result
            #expect(throws: BusFault(.cancelled, "the request was cancelled")) { try result.get() }
            _ = await events.first { $0 == "cancelled" }
            await node.close()
        }
    }

    @Test func `an asker learns at once that the process it asked has ended`() async throws {
        try await RunningHub.with { suite in
            let name = ProcessName(role: .peerNode, number: 1)
            let node = try await suite.process("peer-node/1") { _ in
                suite.hub.processEnded(name, epoch: 1)
                await untilCancelled()
                return []
            }
            let control = try await suite.control()
            await #expect(throws: BusFault(.unavailable, "peer-node/1 has ended")) {
                try await control.request(
                    "torrents.list",
                    to: .process(name),
                    body: [],
                    deadline: .seconds(60),
                    onProgress: nil
                )
            }
            await node.close()
        }
    }

    @Test func `p2pctl learns at once that the launcher is gone`() async throws {
        var waiting: Task<Void, Never>?
        try await RunningHub.with { suite in
            let (begun, note) = AsyncStream<Void>.makeStream()
            let node = try await suite.process("peer-node/1") { _ in
                note.yield()
                await untilCancelled()
                return []
            }
            let control = try await suite.control()
            waiting = Task {
                let fault = await #expect(throws: BusFault.self) {
                    try await control.request(
                        "torrents.list",
                        to: .any(.peerNode),
                        body: [],
                        deadline: .seconds(60),
                        onProgress: nil
                    )
                }
                #expect(fault?.code == .unavailable)
                await node.close()
            }
            _ = await begun.first { true }
        }
        await waiting?.value
    }

    @Test func `p2pctl learns at once that nobody listens`() async throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let fault = await #expect(throws: BusFault.self) { try await ZeroMQBus.connect(.control(in: folder)) }
        #expect(fault?.code == .unavailable)
        let long = await #expect(throws: BusFault.self) {
            try await ZeroMQBus.connect(.control(in: folder + String(repeating: "/long", count: 40)))
        }
        #expect(long?.code == .invalid)
    }
}

func untilCancelled() async {
    let (never, end) = AsyncStream<Void>.makeStream()
    await withTaskCancellationHandler {
        for await _ in never {}
    } onCancel: {
        end.finish()
    }
}
