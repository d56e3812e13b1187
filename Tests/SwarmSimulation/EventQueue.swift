import HeapModule
import PeerEngine

/// What is to happen, in the order of time; of two at one moment, the one that was scheduled first.
struct EventQueue<Event> {
    /// Small, because the heap moves it about; the event itself stays in its slot.
    private struct Entry: Comparable {
        let at: Int64
        let number: Int
        let slot: Int

        static func < (left: Entry, right: Entry) -> Bool {
            left.at == right.at ? left.number < right.number : left.at < right.at
        }
    }

    private var heap = Heap<Entry>()
    private var slots: [Event?] = []
    private var free: [Int] = []
    private var count = 0

    mutating func add(_ event: Event, at moment: EngineTime) {
        let slot = free.popLast() ?? slots.count
        if slot == slots.count { slots.append(event) } else { slots[slot] = event }
        heap.insert(Entry(at: moment.nanoseconds, number: count, slot: slot))
        count += 1
    }

    /// Takes the next event, unless it happens after `end`.
    mutating func next(until end: EngineTime) -> (at: EngineTime, event: Event)? {
        guard let first = heap.min, first.at <= end.nanoseconds, let event = slots[first.slot] else { return nil }
        heap.removeMin()
        slots[first.slot] = nil
        free.append(first.slot)
        return (EngineTime(nanoseconds: first.at), event)
    }
}
