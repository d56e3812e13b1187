import HeapModule
import PeerEngine

/// What is to happen, in the order of time; of two at one moment, the one that was scheduled first.
struct EventQueue<Event> {
    private struct Entry: Comparable {
        let at: EngineTime
        let number: UInt64
        let event: Event

        static func < (left: Entry, right: Entry) -> Bool {
            left.at == right.at ? left.number < right.number : left.at < right.at
        }

        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    private var heap = Heap<Entry>()
    private var count: UInt64 = 0

    mutating func add(_ event: Event, at moment: EngineTime) {
        heap.insert(Entry(at: moment, number: count, event: event))
        count += 1
    }

    /// Takes the next event, unless it happens after `end`.
    mutating func next(until end: EngineTime) -> (at: EngineTime, event: Event)? {
        guard let first = heap.min, first.at <= end else { return nil }
        heap.removeMin()
        return (first.at, first.event)
    }
}
