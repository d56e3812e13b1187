import Dispatch
import Synchronization

/// The calls that have unclaimed pieces, and the threads that take them.
///
///     interactive   │ call 3 │                      goes first, between two reads of any other
///     bulk          │ call 1 ▓▓▓▓░░ │ call 2 │      one after the other; lanes that call 1 leaves free take of call 2
///
/// Threads start when there is something to do, and end a moment after there is nothing: an idle hasher holds no memory and no
/// files. The moment is for a download, whose calls come one after the other with short gaps: a new thread for each had to
/// touch its 2 MiB of buffers anew.
final class HashingQueue: Sendable {
    private struct State {
        var interactive: [UnclaimedPieces] = []
        var bulk: [UnclaimedPieces] = []
        var threads = 0
        /// Of these, the ones that wait for something to do and have not been woken.
        var idle = 0

        subscript(priority: PieceHasher.Priority) -> [UnclaimedPieces] {
            get {
                switch priority {
                case .interactive: interactive
                case .bulk: bulk
                }
            }
            set {
                switch priority {
                case .interactive: interactive = newValue
                case .bulk: bulk = newValue
                }
            }
        }
    }

    private let mostThreads: Int
    /// How long a thread waits for something to do before it ends.
    private let patience: DispatchTimeInterval
    private let path: HashPath
    private let state = Mutex(State())
    /// Signalled once for each thread that was idle and is not any more.
    private let wake = DispatchSemaphore(value: 0)
    /// What a thread looks at before each read, without taking the lock.
    private let hasInteractive = Atomic(false)

    init(threads: Int, path: HashPath, patience: DispatchTimeInterval = .milliseconds(100)) {
        mostThreads = threads
        self.patience = patience
        self.path = path
    }

    func add(_ call: HashingCall, _ priority: PieceHasher.Priority) {
        let (waking, starting) = state.withLock { state in
            state[priority].append(UnclaimedPieces(call))
            hasInteractive.store(!state.interactive.isEmpty, ordering: .relaxed)
            let waking = min(state.idle, call.pieceCount)
            state.idle -= waking
            let starting = min(mostThreads - state.threads, call.pieceCount - waking)
            state.threads += starting
            return (waking, starting)
        }
        for _ in 0..<waking { wake.signal() }
        for _ in 0..<starting { HashingThread.start { [self] in work() } }
    }

    /// The next pieces for up to `lanes` lanes of one thread, and no more than leaves the other threads as much.
    func claim(_ priority: PieceHasher.Priority, upTo lanes: Int) -> [Claim] {
        guard priority == .bulk || hasInteractive.load(ordering: .relaxed) else { return [] }
        return state.withLock { state in
            var calls = state[priority].filter { !$0.call.isCancelled }
            let unclaimed = calls.reduce(0) { $0 + $1.count }
            let fair = (unclaimed + mostThreads - 1) / mostThreads
            var claims: [Claim] = []
            var pieces = 0
            while claims.count < lanes, pieces < fair, !calls.isEmpty {
                if let claim = calls[0].next() {
                    claims.append(claim)
                    pieces += claim.pieces.count
                } else {
                    calls.removeFirst()
                }
            }
            calls.removeAll { $0.count == 0 }
            state[priority] = calls
            hasInteractive.store(!state.interactive.isEmpty, ordering: .relaxed)
            return claims
        }
    }

    /// The life of a thread.
    private func work() {
        let interactive = LaneSet(self, .interactive, path: path)
        let bulk = LaneSet(self, .bulk, path: path)
        repeat {
            while interactive.step() || bulk.step(meanwhile: { while interactive.step() {} }) {}
        } while !leave()
    }

    /// Waits for something to do; returns whether nothing came, and this thread ends.
    private func leave() -> Bool {
        let isIdle = state.withLock { state in
            guard state.interactive.isEmpty, state.bulk.isEmpty else { return false }
            state.idle += 1
            return true
        }
        guard isIdle, wake.wait(timeout: .now() + patience) == .timedOut else { return false }
        let isOver = state.withLock { state in
            guard state.idle > 0 else { return false }
            state.idle -= 1
            state.threads -= 1
            return true
        }
        // A signal is on its way, and this thread is one of those it was meant for.
        if !isOver { wake.wait() }
        return isOver
    }
}
