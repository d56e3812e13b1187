import BusServices
import BusTransport

/// One job and its way through the queue.
struct HashJobRecord: Sendable {
    /// A worker that had the job and was far slower at it than others are.
    struct SlowTry: Sendable {
        let worker: Connection
        let bytesPerSecond: Double
    }

    let id: UInt64
    let job: HashJob
    /// The job as workers see it: without what the pieces should hash to, and without its task.
    let body: [UInt8]
    let asker: Connection
    let source: String
    let correlation: UInt64
    let deadline: ContinuousClock.Instant
    /// The number of the task it is a part of.
    let task: UInt64?
    let bytes: Int
    /// What is asked of a further worker, after an answer that may be wrong.
    var doubt: HashDoubt?
    var requeues = 0
    /// The workers that did not do it.
    var failedAt: Set<Connection> = []
    var slowTry: SlowTry?
    /// Who has it now; `nil` while it waits.
    var worker: Connection?
    var attempt: UInt64 = 0
    /// By the present attempt.
    var bytesHashed = 0
    /// The most that the asker was told.
    var bytesTold = 0

    var priority: HashJob.Priority { job.priority }
    var line: String { job.task?.id ?? "" }
    var attemptBytes: Int { doubt?.bytes ?? bytes }
    var attemptBody: [UInt8] { doubt?.body ?? body }

    /// The workers that should not have it as long as there are others.
    var avoided: Set<Connection> { doubt.map { failedAt.union($0.heard) } ?? failedAt }
}

extension HashJob {
    /// The message for the workers, who learn neither what is expected nor what it is for.
    func bodyForWorkers(_ received: [UInt8]) throws(BusFault) -> [UInt8] {
        guard !expected.isEmpty || task != nil else { return received }
        return try HashingMessages.encode(HashJob(priority: priority, runs: runs))
    }
}
