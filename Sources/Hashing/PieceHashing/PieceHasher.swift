package import BitTorrentTypes
import Glibc
import Synchronization

/// Hashes the pieces of files on threads of its own, so that nobody else's task waits for a disk.
///
///     runs     │ run 0: pieces 0 … 99          │ run 1: pieces 0 … 9 │
///     shares   │ 0…15 │ 16…31 │ … each a few MiB, taken by whichever thread is free
///
/// Used by a hasher-worker with one thread, and by `p2pctl create` and `verify` with one for each core.
package struct PieceHasher: Sendable {
    /// One thread's turn, in bytes: long enough to be worth it, short enough that no thread ends much later than others.
    private static let shareLength = 8 * 1024 * 1024

    private let threads: Int

    /// A hasher with one thread for each core that this process may use.
    package init() {
        self.init(threads: Self.availableCores)
    }

    package init(threads: Int) {
        precondition(threads > 0, "somebody has to hash")
        self.threads = threads
    }

    package static var availableCores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The outcome of every piece of every run, in order.
    ///
    /// `progress` hears the bytes passed so far, growing, often: throttle before showing them. It is called from the hashing
    /// threads, one at a time.
    ///
    /// - Throws: `CancellationError` within 200 ms of the task's cancellation.
    package func hash(
        _ runs: [PieceRun],
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(CancellationError) -> [PieceOutcome] {
        let work = HashingWork(runs: runs, shareLength: Self.shareLength, progress: progress)
        let workers = min(threads, work.shareCount)
        if workers > 0 {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let remaining = Countdown(from: workers)
                    for _ in 0..<workers {
                        HashingThread.start {
                            work.takeShares()
                            if remaining.countDown() { continuation.resume() }
                        }
                    }
                }
            } onCancel: {
                work.cancel()
            }
        }
        guard !Task.isCancelled else { throw CancellationError() }
        return work.outcomes()
    }
}

/// Tells the last of several threads that it is the last.
private final class Countdown: Sendable {
    private let count: Atomic<Int>

    init(from count: Int) { self.count = Atomic(count) }

    func countDown() -> Bool { count.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
}

/// What the threads of one call share.
private final class HashingWork: Sendable {
    private struct Share {
        let run: Int
        let pieces: Range<Int>
    }

    private struct State {
        var nextShare = 0
        var outcomes: [[PieceOutcome]]
        var passed = 0
    }

    private let runs: [PieceRun]
    private let shares: [Share]
    private let progress: @Sendable (Int) -> Void
    private let state: Mutex<State>
    private let cancelled = Atomic(false)

    init(runs: [PieceRun], shareLength: Int, progress: @escaping @Sendable (Int) -> Void) {
        self.runs = runs
        self.progress = progress
        shares = runs.enumerated().flatMap { index, run in
            let step = max(1, shareLength / run.pieceLength)
            return stride(from: 0, to: run.pieceCount, by: step).map { first in
                Share(run: index, pieces: first..<min(first + step, run.pieceCount))
            }
        }
        state = Mutex(State(outcomes: Array(repeating: [], count: shares.count)))
    }

    var shareCount: Int { shares.count }

    func cancel() { cancelled.store(true, ordering: .relaxed) }

    func outcomes() -> [PieceOutcome] { state.withLock { $0.outcomes.flatMap { $0 } } }

    /// Takes one share after another until none is left.
    func takeShares() {
        let hasher = FileRangeHasher()
        while let index = nextShare() {
            let share = shares[index]
            do {
                let outcomes = try hasher.hash(runs[share.run], pieces: share.pieces, advance: advance)
                state.withLock { $0.outcomes[index] = outcomes }
            } catch {
                return  // Cancelled; the caller says so.
            }
        }
    }

    private func nextShare() -> Int? {
        state.withLock { state in
            guard state.nextShare < shares.count, !cancelled.load(ordering: .relaxed) else { return nil }
            defer { state.nextShare += 1 }
            return state.nextShare
        }
    }

    private func advance(_ bytes: Int) -> Bool {
        state.withLock { state in
            state.passed += bytes
            // Told under the lock, so that the numbers arrive in order.
            progress(state.passed)
        }
        return !cancelled.load(ordering: .relaxed)
    }
}
