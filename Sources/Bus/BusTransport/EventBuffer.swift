import DequeModule
import Synchronization

/// The events that wait for one reader; when they are too many, the oldest go and the reader is told.
///
///     hub ── push ──▶ [ 7 │ 8 │ 9 ] ── next ──▶ reader       4, 5, 6 were lost: `.missed` comes before 7
///
/// Numbers are compared where the reader takes an event, so a gap shows whether the wire or this buffer lost it.
final class EventBuffer: Sendable {
    private struct State {
        var waiting: Deque<BusEvent> = []
        var last: [Topic: UInt64] = [:]
        var reader: CheckedContinuation<BusEvent?, Never>?
        var isFinished = false
    }

    private let state = Mutex(State())
    private let topics: Set<Topic>

    init(_ topics: Set<Topic>) {
        self.topics = topics
    }

    /// The events as a stream; it ends with ``finish()`` or when the reading task is cancelled.
    var stream: AsyncStream<BusEvent> {
        AsyncStream(unfolding: { await self.next() }, onCancel: { self.finish() })
    }

    func push(_ event: BusEvent) {
        if case .event(let topic, _, _, _, _) = event, !topics.contains(topic) { return }
        let (reader, next) = state.withLock { state -> (CheckedContinuation<BusEvent?, Never>?, BusEvent?) in
            guard !state.isFinished else { return (nil, nil) }
            state.waiting.append(event)
            if state.waiting.count > BusLimits.waitingEvents { state.waiting.removeFirst() }
            guard let reader = state.reader, let next = Self.take(&state) else { return (nil, nil) }
            state.reader = nil
            return (reader, next)
        }
        reader?.resume(returning: next)
    }

    func finish() {
        let reader = state.withLock { state -> CheckedContinuation<BusEvent?, Never>? in
            state.isFinished = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    var isFinished: Bool { state.withLock { $0.isFinished } }

    private func next() async -> BusEvent? {
        await withCheckedContinuation { continuation in
            let (ready, event) = state.withLock { state -> (CheckedContinuation<BusEvent?, Never>?, BusEvent?) in
                if let event = Self.take(&state) { return (continuation, event) }
                if state.isFinished { return (continuation, nil) }
                // A second reader of the same stream takes the place of the first, which ends.
                defer { state.reader = continuation }
                return (state.reader, nil)
            }
            ready?.resume(returning: event)
        }
    }

    private static func take(_ state: inout State) -> BusEvent? {
        guard let event = state.waiting.first else { return nil }
        if case .event(let topic, let sequence, _, _, _) = event {
            if let last = state.last[topic], last &+ 1 != sequence {
                // As if the number before had been seen: the event itself comes with the next call.
                state.last[topic] = sequence &- 1
                return .missed(topic: topic)
            }
            state.last[topic] = sequence
        }
        return state.waiting.removeFirst()
    }
}
