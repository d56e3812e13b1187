import BitTorrentTypes
import BusServices
import BusTransport
import Synchronization

/// Hashes like ``DirectHashing``, remembers the jobs it answered, and may hold back those of checks.
final class CountedHashing: HashingService {
    private enum Mode {
        case free
        /// Jobs of checks beyond so many bytes wait.
        case holding(after: Int)
        /// A person cancelled the task.
        case cancelling
    }

    private struct State {
        var mode: Mode
        var admittedBytes = 0
        var answered: [HashJob] = []
        var held: [Int: CheckedContinuation<Void, Never>] = [:]
        var count = 0
    }

    private let state: Mutex<State>

    init(holdingAfter bytes: Int? = nil) {
        state = Mutex(State(mode: bytes.map { .holding(after: $0) } ?? .free))
    }

    /// The jobs that were answered, in that order.
    var jobs: [HashJob] { state.withLock { $0.answered } }

    var bytes: Int { jobs.reduce(0) { $0 + $1.byteCount } }

    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        if job.task != nil { await wait(job.byteCount) }
        if case .cancelling = state.withLock({ $0.mode }) { throw BusFault(.cancelled, "the task was cancelled") }
        guard !Task.isCancelled else { throw BusFault(.cancelled, "nobody waits for the answer") }
        let outcomes = try await DirectHashing().hash(job, progress: progress)
        state.withLock { $0.answered.append(job) }
        return outcomes
    }

    /// Ends the jobs that are held, and those that come, as the hub ends those of a cancelled task.
    func cancelTask() { change(to: .cancelling) }

    /// Holds nothing back any more.
    func goOn() { change(to: .free) }

    private func change(to mode: Mode) {
        let held = state.withLock { state in
            state.mode = mode
            defer { state.held.removeAll() }
            return Array(state.held.values)
        }
        for continuation in held { continuation.resume() }
    }

    private func wait(_ bytes: Int) async {
        let number: Int? = state.withLock { state in
            guard case .holding(let limit) = state.mode, state.admittedBytes + bytes > limit else {
                state.admittedBytes += bytes
                return nil
            }
            state.count += 1
            return state.count
        }
        guard let number else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isHeld = state.withLock { state in
                    guard case .holding = state.mode, !Task.isCancelled else { return false }
                    state.held[number] = continuation
                    return true
                }
                if !isHeld { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.held.removeValue(forKey: number) }?.resume()
        }
    }
}
