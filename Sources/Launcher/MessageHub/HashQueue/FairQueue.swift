import DequeModule

/// Jobs that wait: the askers in turn, and of one asker its tasks in turn; what comes back goes before all.
///
///     returned   7 3                       given out and not done, or in doubt: not every worker may have them
///     asker A    ┬ task "x"  10 11 12
///                └ task "y"  13 14
///     asker B    ─ no task   15
struct FairQueue: Sendable {
    /// How many of the returned jobs are looked at to find one that a worker may have.
    private static let looks = 16

    private var returned: Deque<UInt64> = []
    private var lines = InTurns<Connection, InTurns<String, Deque<UInt64>>>()
    private(set) var count = 0

    mutating func append(_ job: UInt64, of asker: Connection, task: String) {
        lines.change(asker) { tasks in tasks.change(task) { $0.append(job) } }
        count += 1
    }

    /// A job that was given out and is not done.
    mutating func putBack(_ job: UInt64) {
        returned.prepend(job)
        count += 1
    }

    /// The next job; one that came back only when `isAllowed` says so.
    mutating func popFirst(where isAllowed: (UInt64) -> Bool) -> UInt64? {
        if let index = returned.prefix(Self.looks).firstIndex(where: isAllowed) {
            count -= 1
            return returned.remove(at: index)
        }
        guard let job = lines.popFirst() else { return nil }
        count -= 1
        return job
    }

    mutating func remove(_ job: UInt64, of asker: Connection, task: String) {
        if let index = returned.firstIndex(of: job) {
            returned.remove(at: index)
            count -= 1
            return
        }
        var isFound = false
        lines.change(asker) { tasks in
            tasks.change(task) { line in
                guard let index = line.firstIndex(of: job) else { return }
                line.remove(at: index)
                isFound = true
            }
        }
        if isFound { count -= 1 }
    }
}
