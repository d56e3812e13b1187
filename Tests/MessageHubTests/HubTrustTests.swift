import BitTorrentTypes
import BusServices
import BusTransport
import Glibc
import Synchronization
import Testing

@testable import MessageHub

@Suite(.timeLimit(.minutes(2))) struct `Hasher-workers on the hub` {
    func job(_ pieces: Int, expected: Bool, task: HashTask? = nil) throws -> HashJob {
        let run = try PieceRun(
            slices: [FileSlice(path: Array("/f".utf8), offset: 0, length: 4 * pieces)],
            pieceLength: 4
        )
        let digests = expected ? [UInt8](repeating: 1, count: 20 * pieces) : []
        return HashJob(priority: .bulk, runs: [run], expected: digests, task: task)
    }

    func handler(_ byte: UInt8) -> RequestHandler {
        { request throws(BusFault) in
            let job = try HashingMessages.job(request.body)
            let digest = PieceOutcome.sha1([UInt8](repeating: byte, count: 20))
            return try HashingMessages.encode(Array(repeating: digest, count: job.pieceCount))
        }
    }

    @Test func `one that lies is overruled, then reported`() async throws {
        try await RunningHub.with { suite in
            let liar = try await suite.process("hasher-worker/1", serving: handler(9))
            let honest = try await suite.process("hasher-worker/2", serving: handler(1))
            let node = try await suite.process("peer-node/1")
            for _ in 0..<4 {
                let outcomes = try await HashingClient(node).hash(job(3, expected: true)) { _ in }
                #expect(outcomes == Array(repeating: .sha1([UInt8](repeating: 1, count: 20)), count: 3))
            }
            await suite.observed("hasher-worker/1 failed")
            await liar.close()
            await honest.close()
            await node.close()
        }
    }

    @Test func `one that hangs loses its job, and is reported`() async throws {
        var times = HubTimes()
        times.hashing.silence = .milliseconds(200)
        times.hashing.replacement = .milliseconds(600)
        try await RunningHub.with(times: times) { suite in
            let hanging = try await suite.process("hasher-worker/1") { _ in
                await untilCancelled()
                return []
            }
            let node = try await suite.process("peer-node/1")
            let asked = try job(1, expected: false)
            let asking = Task { () throws(BusFault) in try await HashingClient(node).hash(asked) { _ in } }
            let other = try await suite.process("hasher-worker/2", serving: handler(1))
            #expect(try await asking.value == [.sha1([UInt8](repeating: 1, count: 20))])
            await suite.observed("hasher-worker/1 failed")
            await hanging.close()
            await other.close()
            await node.close()
        }
    }

    @Test func `one that always says the same is found before it gets a job`() async throws {
        try await RunningHub.with(checksWorkers: true) { suite in
            let liar = try await suite.process("hasher-worker/1")
            liar.serve(handler(1))
            SessionClient(liar).ready(Endpoints())
            await suite.observed("hasher-worker/1 failed")
            await liar.close()
        }
    }

    @Test func `one that reads what it is told is trusted with jobs`() async throws {
        try await RunningHub.with(checksWorkers: true) { suite in
            let reader = try await suite.process("hasher-worker/1") { request throws(BusFault) in
                let job = try HashingMessages.job(request.body)
                return try HashingMessages.encode(job.runs.flatMap(CheckFileReading.outcomes))
            }
            let node = try await suite.process("peer-node/1")
            let outcomes = try await HashingClient(node).hash(job(1, expected: false)) { _ in }
            #expect(outcomes == [.unreadable("/f")])
            await reader.close()
            await node.close()
        }
    }

    @Test func `a job near the limit of a message goes through, without what the worker need not know`() async throws {
        try await RunningHub.with { suite in
            let worker = try await suite.process("hasher-worker/1") { request throws(BusFault) in
                let job = try HashingMessages.job(request.body)
                guard job.expected.isEmpty, job.task == nil else { throw BusFault(.invalid, "too much is said") }
                let digest = PieceOutcome.sha1([UInt8](repeating: 1, count: 20))
                return try HashingMessages.encode(Array(repeating: digest, count: job.pieceCount))
            }
            let node = try await suite.process("peer-node/1")
            let path = Array(("/" + String(repeating: "p", count: 4000)).utf8)
            let runs = try (0..<1000).map { piece in
                try PieceRun(slices: [FileSlice(path: path, offset: 4 * piece, length: 4)], pieceLength: 4)
            }
            let job = HashJob(
                priority: .bulk,
                runs: runs,
                expected: [UInt8](repeating: 1, count: 20 * runs.count),
                task: HashTask(id: "c", kind: .check, name: [], bytesTotal: 4000)
            )
            #expect(try HashingMessages.encode(job).count > 4_000_000)
            #expect(try await HashingClient(node).hash(job) { _ in }.count == 1000)
            await worker.close()
            await node.close()
        }
    }

    @Test func `tasks are listed, told about and cancelled over the bus`() async throws {
        try await RunningHub.with { suite in
            let (begun, note) = AsyncStream<String>.makeStream()
            let worker = try await suite.process("hasher-worker/1") { _ in
                note.yield("begun")
                await untilCancelled()
                note.yield("withdrawn")
                return []
            }
            let node = try await suite.process("peer-node/1")
            let control = try await suite.control()
            let updates = EventFeed(control).updates([.job])
            var news = updates.makeAsyncIterator()
            while let update = await news.next(), update != .live {}
            let task = HashTask(id: "r", kind: .recheck, name: Array("album".utf8), bytesTotal: 40)
            let asked = try job(10, expected: false, task: task)
            let asking = Task { () throws(BusFault) in try await HashingClient(node).hash(asked) { _ in } }
            _ = await begun.first { $0 == "begun" }
            let tasks = HashTasksClient(control)
            let listed = try await tasks.tasks()
            #expect(listed.map(\.state) == [.running])
            #expect(listed.map(\.requester) == ["peer-node/1"])
            #expect(listed.map(\.workers) == [["hasher-worker/1"]])
            #expect(try await HashTasksClient(node).tasks().count == 1)
            await #expect(throws: BusFault(.refused, "peer-node/1 may not ask for hashing.cancel")) {
                try await HashTasksClient(node).cancel(1)
            }
            #expect(try await tasks.cancel(1).state == .cancelled)
            _ = await begun.first { $0 == "withdrawn" }
            await #expect(throws: BusFault(.cancelled, "the recheck was cancelled by a person")) {
                try await asking.value
            }
            await #expect(throws: BusFault.self) { try await tasks.cancel(2) }
            var states: [HashTaskStatus.State] = []
            while states.last != .cancelled, let update = await news.next() {
                if case .event(.hashTaskChanged(let status), _, _, _) = update { states.append(status.state) }
            }
            #expect(states == [.running, .cancelled])
            await worker.close()
            await node.close()
            await control.close()
        }
    }
}

@Suite struct `The file of the checks` {
    @Test func `is known to be intact, or changed`() throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let file = CheckFile(in: folder)
        #expect(!file.isIntact)
        try file.write()
        #expect(file.isIntact)
        for check in file.checks { #expect(check.job.runs.flatMap(CheckFileReading.outcomes) == check.outcomes) }
        #expect(Set(file.checks).count == file.checks.count)
        truncate(file.path, 1000)
        #expect(!file.isIntact)
        try file.write()
        #expect(file.isIntact)
        file.remove()
        #expect(!file.isIntact)
    }
}
