package import BusServices
package import BusTransport

/// Hands hash jobs to idle workers and keeps each until it is answered; a pure state machine.
///
///     submit ──▶ waiting (interactive before bulk, askers in turn) ──▶ running at a worker ──▶ answered
///                   ▲                                                      │
///                   ├── worker dead, hung, far too slow, distrusted ───────┤   at most `requeues` times
///                   └── its answer is in doubt: asked of another worker ───┘   at most `opinions` times
///
/// A job is in exactly one of: waiting, or running at one worker under one attempt number. An answer counts only
/// when it bears the number of the running attempt and comes from its worker, so late, double and foreign answers
/// fall away by themselves.
package struct HashDispatcher: Sendable {
    let limits: HashLimits
    var checks: [HashCheck]
    var jobs: [UInt64: HashJobRecord] = [:]
    var attempts: [UInt64: UInt64] = [:]
    var askedBy: [Connection: [UInt64: UInt64]] = [:]
    var workers: HashWorkers
    var tasks: HashTasks
    var interactive = FairQueue()
    var bulk = FairQueue()
    var deadlines = DeadlineQueue<UInt64>()
    var messageBytes = 0
    var lastJob: UInt64 = 0
    var lastAttempt: UInt64
    var lastCheck = 0
    var bytesHashed = 0
    var requeued = 0

    /// Attempts are numbered upwards from `firstAttempt`; without `checks`, workers are taken at their word.
    package init(limits: HashLimits = HashLimits(), checks: [HashCheck] = [], firstAttempt: UInt64 = 1) {
        self.limits = limits
        self.checks = checks
        workers = HashWorkers(limits: limits)
        tasks = HashTasks(limits: limits.tasks)
        lastAttempt = firstAttempt - 1
    }

    package var report: HashQueueReport {
        var report = HashQueueReport()
        report.waiting = interactive.count + bulk.count
        report.running = attempts.count
        report.bytesHashed = bytesHashed
        report.requeued = requeued
        return report
    }

    // MARK: - Askers

    package mutating func submit(
        _ body: [UInt8],
        from asker: Connection,
        source: String,
        correlation: UInt64,
        deadline: Duration,
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        let job: HashJob
        let bodyForWorkers: [UInt8]
        var task: UInt64?
        do throws(BusFault) {
            job = try HashingMessages.job(body)
            guard askedBy[asker]?[correlation] == nil else {
                throw BusFault(.invalid, "the request \(correlation) is open already")
            }
            let waiting = job.priority == .interactive ? interactive.count : bulk.count
            guard waiting < limits.waiting, messageBytes + body.count <= limits.messageBytes else {
                throw BusFault(.overloaded, "\(waiting) hash jobs wait already; try again later")
            }
            bodyForWorkers = try job.bodyForWorkers(body)
            if let part = job.task { task = try tasks.admit(part, requester: source, asker: asker, now: now) }
        } catch {
            return [.fail(asker: asker, correlation: correlation, error)]
        }
        lastJob += 1
        let record = HashJobRecord(
            id: lastJob,
            job: job,
            body: bodyForWorkers,
            asker: asker,
            source: source,
            correlation: correlation,
            deadline: now + deadline,
            task: task,
            bytes: job.byteCount
        )
        jobs[record.id] = record
        messageBytes += bodyForWorkers.count
        askedBy[asker, default: [:]][correlation] = record.id
        deadlines.insert(record.id, at: record.deadline)
        withQueue(job.priority) { $0.append(record.id, of: asker, task: record.line) }
        tasks.partWaits(record.id, of: task)
        return dispatch(now)
    }

    /// The asker does not want its answer any more.
    package mutating func cancel(
        _ correlation: UInt64,
        from asker: Connection,
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard let id = askedBy[asker]?[correlation], let job = jobs[id] else { return [] }
        return take(job, .withdrawn, now) + dispatch(now)
    }

    /// An asker is gone: nobody wants its answers.
    package mutating func askerLost(_ asker: Connection, now: ContinuousClock.Instant) -> [HashAction] {
        // First, so that its last job does not end a task in another way.
        tasks.askerLost(asker, now)
        var actions: [HashAction] = []
        for correlation in (askedBy[asker] ?? [:]).keys.sorted() {
            actions += cancel(correlation, from: asker, now: now)
        }
        return actions + news(now)
    }

    // MARK: - Tasks

    package mutating func taskList(_ now: ContinuousClock.Instant) -> [HashTaskStatus] { tasks.list(now) }

    /// A person ends a task: its jobs end, and those that still come are refused for a while.
    package mutating func cancelTask(
        _ number: UInt64,
        now: ContinuousClock.Instant
    ) throws(BusFault) -> (status: HashTaskStatus, actions: [HashAction]) {
        guard let before = tasks.status(number, now) else {
            throw BusFault(.notFound, "there is no hash job \(number); p2pctl jobs lists them")
        }
        let fault = BusFault(.cancelled, "the \(before.kind.rawValue) was cancelled by a person")
        let actions = end(number, .cancelled, fault, now) + dispatch(now)
        return (tasks.status(number, now) ?? before, actions)
    }

    // MARK: - Workers

    package mutating func workerJoined(
        _ worker: Connection,
        name: String,
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard workers[worker] == nil else { return [] }
        workers[worker] = HashWorkerRecord(name: name, isProven: checks.isEmpty, now: now)
        return checks.isEmpty ? dispatch(now) : giveCheck(to: worker, now)
    }

    package mutating func workerLost(_ worker: Connection, now: ContinuousClock.Instant) -> [HashAction] {
        guard let record = workers[worker] else { return [] }
        workers[worker] = nil
        var actions: [HashAction] = []
        for held in record.held.reversed() {
            actions += putBack(held.attempt, "\(record.name) ended", now)
        }
        return actions + dispatch(now)
    }

    package mutating func answered(
        _ attempt: UInt64,
        by worker: Connection,
        _ result: Result<[UInt8], BusFault>,
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        workers.sign(of: worker, now)
        if let check = workers[worker]?.check, check.attempt == attempt {
            return judge(result, of: check.check, by: worker, now) + dispatch(now)
        }
        guard let job = running(attempt, at: worker) else { return checkIfUnproven(worker, now) + dispatch(now) }
        switch result {
        case .success(let body): return heard(body, about: job, from: worker, now) + dispatch(now)
        // A job that could be read is one that can be answered: the worker is at fault, or the moment.
        case .failure(let fault): return putBack(attempt, fault.message, now) + dispatch(now)
        }
    }

    package mutating func progressed(
        _ attempt: UInt64,
        by worker: Connection,
        _ body: [UInt8],
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard var job = running(attempt, at: worker) else { return [] }
        do throws(BusFault) {
            let bytes = min(try HashingMessages.bytesHashed(body), job.attemptBytes)
            guard bytes > job.bytesHashed else { return [] }
            job.bytesHashed = bytes
        } catch {
            // It cannot be read; the worker has to move on for others to see that it works.
            return []
        }
        workers[worker]?.moved(attempt, now)
        let isNews = job.doubt == nil && job.bytesHashed > job.bytesTold
        if isNews {
            job.bytesTold = job.bytesHashed
            tasks.partMoved(job.id, of: job.task, bytes: job.bytesHashed)
        }
        jobs[job.id] = job
        // A second opinion, and a second try, are not told until they are further than the first.
        return (isNews ? [.progress(asker: job.asker, correlation: job.correlation, body: body)] : [])
            + dispatch(now)
    }
}
