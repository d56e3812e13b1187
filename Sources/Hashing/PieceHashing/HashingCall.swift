import BitTorrentTypes
import Synchronization

/// One call of a ``PieceHasher``: its runs, what became of their pieces so far, and who waits for it.
final class HashingCall: Sendable {
    private struct State {
        var outcomes: [PieceOutcome?]
        var unfinished: Int
        var passed = 0
        var lastTold: ContinuousClock.Instant?
    }

    private enum End {
        case open
        case awaited(CheckedContinuation<[PieceOutcome]?, Never>)
        case over
    }

    /// Least time between two reports of progress.
    private static let progressInterval = Duration.milliseconds(20)
    private static let lastNumber = Atomic(0)

    /// Of its own, among all calls of this process.
    let number = lastNumber.add(1, ordering: .relaxed).newValue
    let runs: [PieceRun]
    /// Counted over all runs.
    let firstPieces: [Int]
    let pieceCount: Int
    private let progress: @Sendable (Int) -> Void
    private let state: Mutex<State>
    private let end = Mutex(End.open)
    private let cancelled = Atomic(false)

    init(_ runs: [PieceRun], progress: @escaping @Sendable (Int) -> Void) {
        self.runs = runs
        self.progress = progress
        var count = 0
        firstPieces = runs.map { run in
            defer { count += run.pieceCount }
            return count
        }
        pieceCount = count
        state = Mutex(State(outcomes: Array(repeating: nil, count: count), unfinished: count))
    }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// The outcomes go to `continuation`, or `nil` after ``cancel()``, which may have come before.
    func answer(_ continuation: CheckedContinuation<[PieceOutcome]?, Never>) {
        let isOver = end.withLock { end in
            if case .over = end { return true }
            end = .awaited(continuation)
            return false
        }
        if isOver { continuation.resume(returning: nil) }
    }

    /// Ends the wait at once; threads give its pieces up before their next read.
    func cancel() {
        cancelled.store(true, ordering: .relaxed)
        finish(nil)
    }

    /// Bytes that were hashed or given up, and pieces that have an outcome now.
    func advance(by bytes: Int, finished: [(piece: Int, outcome: PieceOutcome)]) {
        let outcomes = state.withLock { state -> [PieceOutcome]? in
            state.passed += bytes
            for (piece, outcome) in finished { state.outcomes[piece] = outcome }
            state.unfinished -= finished.count
            let now = ContinuousClock.now
            if state.unfinished == 0 || state.lastTold.map({ now - $0 >= Self.progressInterval }) != false {
                state.lastTold = now
                // Told under the lock, so that the numbers arrive in order.
                progress(state.passed)
            }
            return state.unfinished == 0 ? state.outcomes.compactMap { $0 } : nil
        }
        if let outcomes { finish(outcomes) }
    }

    private func finish(_ outcomes: [PieceOutcome]?) {
        let waiting = end.withLock { end -> CheckedContinuation<[PieceOutcome]?, Never>? in
            defer { end = .over }
            if case .awaited(let continuation) = end { return continuation }
            return nil
        }
        waiting?.resume(returning: outcomes)
    }
}
