import Synchronization

/// The place where one answer is waited for; the first of answer, deadline and cancellation wins.
final class PendingAnswer: Sendable {
    private typealias Waiter = CheckedContinuation<Result<[UInt8], BusFault>, Never>

    private struct State {
        var result: Result<[UInt8], BusFault>?
        var waiter: Waiter?
        var onSettled: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    func settle(_ result: Result<[UInt8], BusFault>) {
        let (waiter, actions) = state.withLock { state -> (Waiter?, [@Sendable () -> Void]) in
            guard state.result == nil else { return (nil, []) }
            state.result = result
            defer {
                state.waiter = nil
                state.onSettled = []
            }
            return (state.waiter, state.onSettled)
        }
        for action in actions { action() }
        waiter?.resume(returning: result)
    }

    /// Runs `action` when the answer is there, at once when it is there already.
    func whenSettled(_ action: @escaping @Sendable () -> Void) {
        let isSettled = state.withLock { state in
            if state.result == nil { state.onSettled.append(action) }
            return state.result != nil
        }
        if isSettled { action() }
    }

    func value() async -> Result<[UInt8], BusFault> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state in
                    if state.result == nil { state.waiter = continuation }
                    return state.result
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            settle(.failure(BusFault(.cancelled, "the request was cancelled")))
        }
    }
}
