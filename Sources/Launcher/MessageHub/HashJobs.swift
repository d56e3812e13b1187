import BusServices
package import BusTransport

/// What the dispatcher wants done.
package enum HashAction: Hashable, Sendable {
    /// Give the job in `body` to `worker`, as its request number `attempt`.
    case assign(attempt: UInt64, worker: Connection, body: [UInt8], source: String, deadline: Duration)
    /// The answer to `attempt` is no longer wanted.
    case withdraw(attempt: UInt64, worker: Connection)
    case reply(asker: Connection, correlation: UInt64, body: [UInt8])
    case fail(asker: Connection, correlation: UInt64, BusFault)
    case progress(asker: Connection, correlation: UInt64, body: [UInt8])
    case changed(HashJobReport)
    /// A worker that answers wrongly or not at all should be replaced.
    case distrust(worker: Connection, reason: String)
}

/// The bounds of the dispatcher.
package struct HashLimits: Hashable, Sendable {
    /// Jobs that wait; beyond it askers are told to wait themselves.
    package var waiting = 1024
    /// Jobs that one worker has at a time: the one it works on and the next.
    package var credits = 2
    /// How often a job is given to another worker before its asker is told.
    package var requeues = 5
    /// Wrong answers after which a worker is replaced.
    package var wrongAnswers = 2
    /// How long a worker that has jobs may say nothing; longer for a job that was silent before.
    package var silence = Duration.seconds(5)
    /// How long until a silent worker is replaced.
    package var replacement = Duration.seconds(30)

    package init() {}
}

/// One job and its way through the queue.
struct HashJobRecord: Sendable {
    let id: UInt64
    let body: [UInt8]
    let job: HashJob
    let asker: Connection
    let source: String
    let correlation: UInt64
    let deadline: ContinuousClock.Instant
    var requeues = 0
    /// The workers that did not do it.
    var failedAt: Set<Connection> = []
    /// Who has it now; `nil` while it waits.
    var worker: Connection?
    var attempt: UInt64 = 0
    var bytesHashed = 0

    var priority: HashJob.Priority { job.priority }
    var bytes: Int { job.byteCount }

    func report(_ state: HashJobReport.State, worker: String = "") -> HashJobReport {
        HashJobReport(
            job: id,
            state: state,
            worker: worker,
            requester: source,
            bytesTotal: bytes,
            bytesHashed: state == .done ? bytes : bytesHashed
        )
    }
}

package struct HashJobReport: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case waiting, running, done, failed, requeued
    }

    package let job: UInt64
    package var state: State
    package var worker: String
    package let requester: String
    package let bytesTotal: Int
    package var bytesHashed: Int

    package init(job: UInt64, state: State, worker: String, requester: String, bytesTotal: Int, bytesHashed: Int) {
        self.job = job
        self.state = state
        self.worker = worker
        self.requester = requester
        self.bytesTotal = bytesTotal
        self.bytesHashed = bytesHashed
    }
}
