import BusServices
import BusTransport

/// One task that is not over: its jobs, and how far they are.
///
///     bytesBefore │ done parts │ progress of running parts │ … │ bytesTotal
struct HashTaskRecord: Sendable {
    struct Part: Sendable {
        /// `nil` while it waits.
        var worker: String?
        var bytes = 0
    }

    let number: UInt64
    let task: HashTask
    let requester: String
    let asker: Connection
    let startedAt: ContinuousClock.Instant
    /// The jobs that wait or run.
    var parts: [UInt64: Part] = [:]
    /// Of an earlier life of the asker, and of the jobs that are done.
    private(set) var bytesDone: Int
    /// Since when it has no part.
    var quietSince: ContinuousClock.Instant
    /// Whether its quiet is being timed.
    var isTimed = false
    /// How the last part ended that was not done.
    var problem = ""
    var wasWithdrawn = false
    /// What was last told to others.
    private(set) var told: (state: HashTaskStatus.State, at: ContinuousClock.Instant)?

    private var hasBegun = false
    private var shown: Int
    private var rate = HashRate()

    init(number: UInt64, task: HashTask, requester: String, asker: Connection, now: ContinuousClock.Instant) {
        self.number = number
        self.task = task
        self.requester = requester
        self.asker = asker
        startedAt = now
        quietSince = now
        bytesDone = min(task.bytesBefore, task.bytesTotal)
        shown = bytesDone
        rate.note(bytesDone, now)
    }

    var isComplete: Bool { bytesDone >= task.bytesTotal }

    private var state: HashTaskStatus.State {
        let isAtWork = parts.isEmpty ? hasBegun : parts.values.contains { $0.worker != nil }
        return isAtWork ? .running : .waiting
    }

    mutating func begin() { hasBegun = true }

    mutating func done(_ bytes: Int) {
        bytesDone = bytesDone.addingReportingOverflow(bytes).overflow ? Int.max : bytesDone + bytes
    }

    /// As it stands now.
    mutating func status(_ now: ContinuousClock.Instant) -> HashTaskStatus {
        status(state, now)
    }

    /// As it stands now, to be told to others.
    mutating func tell(_ now: ContinuousClock.Instant) -> HashTaskStatus {
        let status = status(now)
        told = (status.state, now)
        return status
    }

    /// As it is in the end.
    mutating func ending(
        _ state: HashTaskStatus.State,
        _ problem: String,
        _ now: ContinuousClock.Instant
    ) -> HashTaskStatus {
        parts = [:]
        var status = status(state, now)
        status.problem = problem
        status.rate = Double(shown - min(task.bytesBefore, task.bytesTotal)) / max(status.seconds, 0.001)
        return status
    }

    private mutating func status(
        _ state: HashTaskStatus.State,
        _ now: ContinuousClock.Instant
    ) -> HashTaskStatus {
        let reached = parts.values.reduce(bytesDone) { sum, part in
            sum.addingReportingOverflow(part.bytes).overflow ? Int.max : sum + part.bytes
        }
        // A part that goes to another worker begins anew; what a person sees does not go back.
        shown = max(shown, min(reached, task.bytesTotal))
        rate.note(shown, now)
        var status = HashTaskStatus(number: number, task: task, requester: requester, state: state)
        status.bytesDone = shown
        status.rate = rate.perSecond(shown, now)
        status.seconds = max(0, (now - startedAt) / .seconds(1))
        status.workers = Set(parts.values.compactMap(\.worker)).sorted()
        return status
    }
}
