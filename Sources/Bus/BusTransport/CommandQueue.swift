package import DequeModule
import Synchronization

/// The way from any task to an owner thread: a bounded queue and the signal that wakes the thread.
package final class CommandQueue<Command: Sendable>: Sendable {
    private struct State {
        var waiting: Deque<Command> = []
        var isSignalled = false
        var isClosed = false
    }

    package enum Refusal: Hashable, Sendable {
        case full
        case closed
    }

    private let state = Mutex(State())
    package let wake: WakeSignal

    package init() throws(ZeroMQError) {
        wake = try WakeSignal()
    }

    /// Queues `command` and wakes the thread; never blocks.
    ///
    /// What ends or answers something is never refused for want of room: its number is bounded by what it ends.
    @discardableResult
    package func push(_ command: Command, bounded: Bool = true) -> Refusal? {
        let (refusal, mustSignal) = state.withLock { state -> (Refusal?, Bool) in
            if state.isClosed { return (.closed, false) }
            if bounded, state.waiting.count >= BusLimits.outgoingQueue { return (.full, false) }
            state.waiting.append(command)
            defer { state.isSignalled = true }
            return (nil, !state.isSignalled)
        }
        if mustSignal { wake.signal() }
        return refusal
    }

    /// Takes everything that waits.
    package func takeAll() -> Deque<Command> {
        state.withLock { state in
            state.isSignalled = false
            var taken = Deque<Command>()
            swap(&taken, &state.waiting)
            return taken
        }
    }

    /// Refuses everything from now on, and takes what still waits.
    package func close() -> Deque<Command> {
        state.withLock { $0.isClosed = true }
        return takeAll()
    }
}
