import DequeModule

/// Jobs that wait, each asker's in order, the askers in turn; what comes back goes before all.
struct FairQueue: Sendable {
    private var returned: Deque<UInt64> = []
    private var turns: Deque<Connection> = []
    private var lines: [Connection: Deque<UInt64>] = [:]
    private(set) var count = 0

    mutating func append(_ job: UInt64, of asker: Connection) {
        if lines[asker] == nil { turns.append(asker) }
        lines[asker, default: []].append(job)
        count += 1
    }

    /// A job that was given out and was not done.
    mutating func putBack(_ job: UInt64) {
        returned.prepend(job)
        count += 1
    }

    mutating func popFirst() -> UInt64? {
        if let job = returned.popFirst() {
            count -= 1
            return job
        }
        guard let asker = turns.popFirst(), let job = lines[asker]?.popFirst() else { return nil }
        if lines[asker]?.isEmpty == true { lines[asker] = nil } else { turns.append(asker) }
        count -= 1
        return job
    }

    mutating func remove(_ job: UInt64, of asker: Connection) {
        if let index = returned.firstIndex(of: job) {
            returned.remove(at: index)
            count -= 1
        } else if let index = lines[asker]?.firstIndex(of: job) {
            lines[asker]?.remove(at: index)
            if lines[asker]?.isEmpty == true {
                lines[asker] = nil
                turns.removeAll { $0 == asker }
            }
            count -= 1
        }
    }
}
