import Synchronization

/// Why a process is asked to end.
package enum StopReason: Hashable, Sendable {
    case signal(Int32)
    /// The launcher's end of our stdin closed.
    case launcherGone
    /// Somebody asked over the bus.
    case asked
}

/// The wish that this process ends: made once, seen by everybody who waits.
package final class StopRequest: Sendable {
    private struct State {
        var reason: StopReason?
        var waiting: [Int: CheckedContinuation<StopReason?, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Why, once somebody asked.
    package var reason: StopReason? { state.withLock { $0.reason } }

    /// Asks for the end; the first reason counts.
    ///
    /// - Returns: whether this was the first.
    @discardableResult
    package func request(_ reason: StopReason) -> Bool {
        let waiting = state.withLock { state -> [CheckedContinuation<StopReason?, Never>]? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting ?? [] { continuation.resume(returning: reason) }
        return waiting != nil
    }

    /// Waits for the wish; `nil` when the task was cancelled first.
    package func wait() async -> StopReason? {
        let waiter = state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> StopReason?? in
                    if let reason = state.reason { return .some(reason) }
                    if Task.isCancelled { return .some(nil) }
                    state.waiting[waiter] = continuation
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume(returning: nil)
        }
    }
}
