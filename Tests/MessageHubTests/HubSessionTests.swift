import BitTorrentTypes
import BusServices
import BusTransport
import MessageHub
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Sessions with the hub` {
    let worker = ProcessName(role: .hasherWorker, number: 1)

    @Test func `only the token of the start opens one`() async throws {
        try await RunningHub.with { suite in
            suite.hub.expect(worker, epoch: 3, token: [1, 2, 3])
            for (epoch, token) in [
                (UInt64(3), [UInt8]([1, 2, 4])), (2, [1, 2, 3]), (4, [1, 2, 3]), (3, []), (3, [1, 2]),
            ] {
                let fault = await #expect(throws: BusFault.self) {
                    _ = try await suite.connect(worker, epoch: epoch, token: token)
                }
                #expect(fault?.code == .refused)
            }
            let stranger = await #expect(throws: BusFault.self) {
                _ = try await suite.connect(ProcessName(role: .peerNode, number: 1), epoch: 3, token: [1, 2, 3])
            }
            #expect(stranger?.code == .refused)
            _ = try await suite.connect(worker, epoch: 3, token: [1, 2, 3])
        }
    }

    @Test func `nothing is answered before hello`() async throws {
        try await RunningHub.with { suite in
            let bus = try await ZeroMQBus.connect(.processes(in: suite.folder), token: [9], name: worker, epoch: 1)
            let fault = await #expect(throws: BusFault.self) {
                try await bus.request(
                    "hashing.hash",
                    to: .any(.hasherWorker),
                    body: [],
                    deadline: .seconds(9),
                    onProgress: nil
                )
            }
            #expect(fault?.code == .refused)
        }
    }

    @Test func `a process that was replaced is cut off`() async throws {
        try await RunningHub.with { suite in
            let old = try await suite.process("peer-node/1", epoch: 1) { _ in [1] }
            let new = try await suite.process("peer-node/1", epoch: 2) { _ in [2] }
            let control = try await suite.control()
            let reply = try await control.request(
                "torrents.list",
                to: .any(.peerNode),
                body: [],
                deadline: .seconds(9),
                onProgress: nil
            )
            #expect(reply == [2])
            let fault = await #expect(throws: BusFault.self) {
                try await old.request(
                    "catalogue.find",
                    to: .any(.trackerAPI),
                    body: [],
                    deadline: .seconds(9),
                    onProgress: nil
                )
            }
            #expect(fault?.code == .refused)
            await old.close()
            await new.close()
        }
    }

    @Test func `a process without heartbeats is reported and cut off`() async throws {
        var times = HubTimes()
        times.heartbeat = .milliseconds(20)
        times.hung = .milliseconds(500)
        try await RunningHub.with(times: times) { suite in
            // It says nothing after its hello: what else it said might come too late on a busy machine.
            let node = try await suite.process("peer-node/1")
            await suite.observed("peer-node/1 failed")
            let itsOwn = await #expect(throws: BusFault.self) {
                try await node.request(
                    "catalogue.find",
                    to: .any(.trackerAPI),
                    body: [],
                    deadline: .seconds(9),
                    onProgress: nil
                )
            }
            #expect(itsOwn?.code == .refused)
            let control = try await suite.control()
            let forIt = await #expect(throws: BusFault.self) {
                try await control.request(
                    "torrents.list",
                    to: .any(.peerNode),
                    body: [],
                    deadline: .seconds(9),
                    onProgress: nil
                )
            }
            #expect(forIt?.code == .unavailable)
        }
    }

    @Test func `the least loaded process of a role is asked`() async throws {
        try await RunningHub.with { suite in
            let first = try await suite.process("peer-node/1") { _ in [1] }
            let second = try await suite.process("peer-node/2") { _ in [2] }
            SessionClient(first).heartbeat(load: 2)
            await suite.observed("peer-node/1 beat 2")
            let control = try await suite.control()
            let reply = try await control.request(
                "torrents.list",
                to: .any(.peerNode),
                body: [],
                deadline: .seconds(9),
                onProgress: nil
            )
            #expect(reply == [2])
            await first.close()
            await second.close()
        }
    }

    @Test func `the job of a worker that is killed goes to another one`() async throws {
        try await RunningHub.with { suite in
            let job = HashJob(
                priority: .interactive,
                runs: [try PieceRun(slices: [FileSlice(path: Array("/f".utf8), offset: 0, length: 6)], pieceLength: 4)]
            )
            let digests = [PieceOutcome.sha1([UInt8](repeating: 1, count: 20)), .unreadable("too short")]
            let (begun, note) = AsyncStream<Void>.makeStream()
            let doomed = try await suite.process("hasher-worker/1") { _ in
                note.yield()
                await untilCancelled()
                return []
            }
            let node = try await suite.process("peer-node/1")
            let asking = Task { () throws(BusFault) in try await HashingClient(node).hash(job) { _ in } }
            _ = await begun.first { true }
            let other = try await suite.process("hasher-worker/2") { request throws(BusFault) in
                // What cannot be read is asked again.
                let pieces = try HashingMessages.job(request.body).pieceCount
                return try HashingMessages.encode(Array(digests.suffix(pieces)))
            }
            await doomed.close()
            suite.hub.processEnded(worker, epoch: 1)
            #expect(try await asking.value == digests)
            #expect(suite.hub.hashQueueReport.requeued == 1)
            await other.close()
        }
    }
}
