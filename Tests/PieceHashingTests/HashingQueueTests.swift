import BitTorrentTypes
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import PieceHashing

@Suite struct `Hashing queue` {
    @Test func `takes an interactive call in the middle of a bulk one`() async throws {
        try await TemporaryFolder.with { folder in
            let queue = HashingQueue(threads: 1, path: .automatic)
            let events = Mutex<[String]>([])
            let interactive = try HashingCall([folder.sparseRun("small", 1 << 18, pieceLength: 1 << 18)]) { passed in
                if passed == 1 << 18 { events.withLock { $0.append("interactive ends") } }
            }
            // While the first step of the bulk call is told, its thread stands still.
            let bulkLength = 1 << 27
            let bulk = try HashingCall([folder.sparseRun("large", bulkLength, pieceLength: 1 << 21)]) { passed in
                let isFirst = events.withLock { events in
                    events.append(passed == bulkLength ? "bulk ends" : "bulk goes on")
                    return events.count == 1
                }
                if isFirst { queue.add(interactive, .interactive) }
            }
            let outcomes = await withCheckedContinuation { continuation in
                bulk.answer(continuation)
                queue.add(bulk, .bulk)
            }
            #expect(outcomes?.count == 64)
            let seen = events.withLock { $0 }
            #expect(seen.prefix(2) == ["bulk goes on", "interactive ends"])
            #expect(seen.last == "bulk ends")
        }
    }

    @Test func `answers every call, also when its threads are just about to end`() async throws {
        try await TemporaryFolder.with { folder in
            let queue = HashingQueue(threads: 2, path: .automatic, patience: .microseconds(20))
            let run = try folder.sparseRun("small", 3 << 14, pieceLength: 1 << 14)
            for number in 0..<500 {
                let call = HashingCall([run]) { _ in }
                let outcomes = await withCheckedContinuation { continuation in
                    call.answer(continuation)
                    queue.add(call, number.isMultiple(of: 2) ? .interactive : .bulk)
                }
                #expect(outcomes?.count == 3)
            }
        }
    }

    @Test func `answers a cancelled call while its thread still waits`() async throws {
        try await TemporaryFolder.with { folder in
            let gate = Gate()
            let (started, signal) = AsyncStream.makeStream(of: Int.self)
            let run = try folder.sparseRun("large", 1 << 30, pieceLength: 1 << 20)
            let hasher = PieceHasher(threads: 1)
            let task = Task {
                try await hasher.hash([run]) { bytes in
                    signal.yield(bytes)
                    gate.pass()
                }
            }
            for await _ in started { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            gate.open()
            // The thread is free again.
            let small = try folder.sparseRun("small", 1 << 15, pieceLength: 1 << 15)
            #expect(try await hasher.hash([small], progress: { _ in }).count == 1)
        }
    }

    @Test func `gives up the pieces of a cancelled call at the next read`() async throws {
        try await TemporaryFolder.with { folder in
            let run = try folder.sparseRun("sparse", 1 << 40, pieceLength: 1 << 30)
            let (started, signal) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingOldest(1))
            let hasher = PieceHasher(threads: 2)
            let task = Task { try await hasher.hash([run]) { bytes in signal.yield(bytes) } }
            for await _ in started { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            let small = try folder.sparseRun("small", 1 << 15, pieceLength: 1 << 15)
            #expect(try await hasher.hash([small], progress: { _ in }).count == 1)
        }
    }

    @Test func `ends a call that was cancelled before it began`() async throws {
        try await TemporaryFolder.with { folder in
            let run = try folder.sparseRun("sparse", 1 << 40, pieceLength: 1 << 30)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await PieceHasher(threads: 1).hash([run], progress: { _ in })
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}

@Suite struct `Unclaimed pieces` {
    @Test func `go one by one when they are large, and by the chunk when small`() throws {
        func run(_ length: Int, _ pieceLength: Int) throws -> PieceRun {
            try PieceRun(slices: [FileSlice(path: [47], offset: 0, length: length)], pieceLength: pieceLength)
        }
        let call = HashingCall([try run(200_000, 100_000), try run(0, 10), try run(200_000, 40_000), try run(100, 1)]) {
            _ in
        }
        var pieces = UnclaimedPieces(call)
        var claims: [[Int]] = []
        while let claim = pieces.next() {
            claims.append([claim.run, claim.pieces.lowerBound, claim.pieces.upperBound])
        }
        #expect(
            claims == [
                [0, 0, 1], [0, 1, 2], [2, 0, 3], [2, 3, 5], [3, 0, 64], [3, 64, 100],
            ]
        )
    }
}

/// Stands between a thread of ours and its way on.
private final class Gate: Sendable {
    private let isOpen = Atomic(false)

    func open() { isOpen.store(true, ordering: .releasing) }

    func pass() { while !isOpen.load(ordering: .acquiring) { sched_yield() } }
}
