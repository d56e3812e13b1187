import HeapModule

/// What is due when; the earliest first.
///
/// Nothing is taken out before its time: who looks at an expired key asks whether it still stands.
package struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        let instant: ContinuousClock.Instant
        let key: Key

        static func < (left: Entry, right: Entry) -> Bool { left.instant < right.instant }
        static func == (left: Entry, right: Entry) -> Bool { left.instant == right.instant }
    }

    private var entries = Heap<Entry>()

    package init() {}

    package var next: ContinuousClock.Instant? { entries.min?.instant }

    package mutating func insert(_ key: Key, at instant: ContinuousClock.Instant) {
        entries.insert(Entry(instant: instant, key: key))
    }

    /// Takes out one key whose time has come.
    package mutating func popExpired(_ now: ContinuousClock.Instant) -> Key? {
        guard let first = entries.min, first.instant <= now else { return nil }
        return entries.removeMin().key
    }

    /// Forgets the keys that no longer stand, once they are most of the queue.
    package mutating func compact(standing: Int, where stands: (Key) -> Bool) {
        guard entries.count > 1024, entries.count / 4 > standing else { return }
        entries = Heap(entries.unordered.filter { stands($0.key) })
    }
}
