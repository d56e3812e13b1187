import Synchronization

/// Adds up the progress of jobs that are hashed side by side.
final class HashTally: Sendable {
    private struct State {
        var hashed: [Int: Int] = [:]
        var total = 0
    }

    private let state = Mutex(State())
    private let report: @Sendable (Int) -> Void

    init(_ report: @escaping @Sendable (Int) -> Void) {
        self.report = report
    }

    /// - Parameters:
    ///   - index: which job.
    ///   - hashed: its bytes so far; never goes back, even when another worker starts over.
    func job(_ index: Int, hashed: Int) {
        let total = state.withLock { state in
            let before = state.hashed[index, default: 0]
            state.hashed[index] = max(before, hashed)
            state.total += max(before, hashed) - before
            return state.total
        }
        report(total)
    }
}
