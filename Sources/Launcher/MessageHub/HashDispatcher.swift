package import BusServices
package import BusTransport

/// Hands hash jobs to idle workers and keeps each until it is answered; a pure state machine.
///
///     submit ──▶ waiting (interactive before bulk, askers in turn) ──▶ running at a worker ──▶ answered
///                   ▲                                                      │
///                   └── worker dead, hung, silent, or its answer wrong ────┘   at most `requeues` times
///
/// A job is in exactly one of: waiting, or running at one worker under one attempt number. An answer counts only
/// when it bears the number of the running attempt and comes from its worker, so late, double and foreign answers
/// fall away by themselves.
package struct HashDispatcher: Sendable {
    private let limits: HashLimits
    private var jobs: [UInt64: HashJobRecord] = [:]
    private var attempts: [UInt64: UInt64] = [:]
    private var askedBy: [Connection: [UInt64: UInt64]] = [:]
    private var workers: HashWorkers
    private var interactive = FairQueue()
    private var bulk = FairQueue()
    private var deadlines = DeadlineQueue<UInt64>()
    private var lastJob: UInt64 = 0
    private var lastAttempt: UInt64
    private var bytesHashed = 0
    private var requeued = 0

    /// Attempts are numbered upwards from `firstAttempt`.
    package init(limits: HashLimits = HashLimits(), firstAttempt: UInt64 = 1) {
        self.limits = limits
        workers = HashWorkers(credits: limits.credits)
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

    /// When ``tick(_:)`` has something to do.
    package var nextDeadline: ContinuousClock.Instant? {
        let watched = workers.all.filter { !$0.attempts.isEmpty || $0.isSilent && !$0.isDistrusted }
            .map { $0.lastSign + ($0.isSilent ? limits.replacement : patience(with: $0)) }
        return [watched.min(), deadlines.next].compactMap { $0 }.min()
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
        do throws(BusFault) {
            job = try HashingMessages.job(body)
            guard askedBy[asker]?[correlation] == nil else {
                throw BusFault(.invalid, "the request \(correlation) is open already")
            }
            guard interactive.count + bulk.count < limits.waiting else {
                throw BusFault(.overloaded, "\(limits.waiting) hash jobs wait already; try again later")
            }
        } catch {
            return [.fail(asker: asker, correlation: correlation, error)]
        }
        lastJob += 1
        let record = HashJobRecord(
            id: lastJob,
            body: body,
            job: job,
            asker: asker,
            source: source,
            correlation: correlation,
            deadline: now + deadline
        )
        jobs[record.id] = record
        askedBy[asker, default: [:]][correlation] = record.id
        deadlines.insert(record.id, at: record.deadline)
        withQueue(job.priority) { $0.append(record.id, of: asker) }
        return [.changed(record.report(.waiting))] + dispatch(now)
    }

    package mutating func cancel(
        _ correlation: UInt64,
        from asker: Connection,
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard let id = askedBy[asker]?[correlation], let job = jobs[id] else { return [] }
        return take(job) + [.changed(job.report(.failed))] + dispatch(now)
    }

    /// An asker is gone: nobody wants its answers.
    package mutating func askerLost(_ asker: Connection, now: ContinuousClock.Instant) -> [HashAction] {
        var actions: [HashAction] = []
        for correlation in (askedBy[asker] ?? [:]).keys.sorted() {
            actions += cancel(correlation, from: asker, now: now)
        }
        return actions
    }

    // MARK: - Workers

    package mutating func workerJoined(
        _ worker: Connection,
        name: String,
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard workers[worker] == nil else { return [] }
        workers[worker] = HashWorkerRecord(name: name, lastSign: now)
        return dispatch(now)
    }

    package mutating func workerLost(_ worker: Connection, now: ContinuousClock.Instant) -> [HashAction] {
        guard let record = workers[worker] else { return [] }
        workers[worker] = nil
        var actions: [HashAction] = []
        for attempt in record.attempts.reversed() {
            actions += putBack(attempt, "\(record.name) ended")
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
        guard let job = running(attempt, at: worker) else { return dispatch(now) }
        let name = workers.name(of: worker)
        switch result {
        case .success(let body):
            do throws(BusFault) {
                _ = try HashingMessages.outcomes(body, of: job.job.runs)
            } catch {
                return wrong(job, from: worker, error) + dispatch(now)
            }
            _ = take(job)
            let (sum, overflow) = bytesHashed.addingReportingOverflow(job.bytes)
            bytesHashed = overflow ? Int.max : sum
            return [
                .reply(asker: job.asker, correlation: job.correlation, body: body),
                .changed(job.report(.done, worker: name)),
            ] + dispatch(now)
        case .failure(let fault):
            switch fault.code {
            case .unavailable, .overloaded, .cancelled, .deadlineExceeded, .version, .refused:
                return putBack(attempt, fault.message) + dispatch(now)
            case .invalid, .notFound, .failed, .alreadyExists:
                _ = take(job)
                return [
                    .fail(asker: job.asker, correlation: job.correlation, fault),
                    .changed(job.report(.failed, worker: name)),
                ] + dispatch(now)
            }
        }
    }

    package mutating func progressed(
        _ attempt: UInt64,
        by worker: Connection,
        _ body: [UInt8],
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        workers.sign(of: worker, now)
        guard var job = running(attempt, at: worker) else { return dispatch(now) }
        do throws(BusFault) {
            job.bytesHashed = min(try HashingMessages.bytesHashed(body), job.bytes)
        } catch {
            // It cannot be read, but it is a sign of life.
            return []
        }
        jobs[job.id] = job
        return [
            .progress(asker: job.asker, correlation: job.correlation, body: body),
            .changed(job.report(.running, worker: workers.name(of: worker))),
        ]
    }

    // MARK: - Time

    package mutating func tick(_ now: ContinuousClock.Instant) -> [HashAction] {
        var actions: [HashAction] = []
        while let id = deadlines.popExpired(now) {
            guard let job = jobs[id] else { continue }
            let fault = BusFault(.deadlineExceeded, "the hash job was not done in time: \(reasonToWait)")
            actions += take(job)
            actions.append(.fail(asker: job.asker, correlation: job.correlation, fault))
            actions.append(.changed(job.report(.failed)))
        }
        let standing = jobs
        deadlines.compact(standing: standing.count) { standing[$0] != nil }
        for (worker, record) in workers.byName {
            if record.isSilent {
                guard !record.isDistrusted, now - record.lastSign >= limits.replacement else { continue }
                workers[worker]?.isDistrusted = true
                actions.append(.distrust(worker: worker, reason: "its jobs got no answer for \(limits.replacement)"))
            } else if !record.attempts.isEmpty, now - record.lastSign >= patience(with: record) {
                workers[worker]?.isSilent = true
                for attempt in record.attempts.reversed() {
                    actions.append(.withdraw(attempt: attempt, worker: worker))
                    actions += putBack(attempt, "\(record.name) said nothing")
                }
            }
        }
        return actions + dispatch(now)
    }

    /// Counts `pause`, in which this launcher itself did not run, for nobody.
    package mutating func excuse(_ pause: Duration) {
        workers.excuse(pause)
    }
}

// MARK: - Inside

extension HashDispatcher {
    private var reasonToWait: String {
        workers.count == 0 ? "no hasher-worker is running" : "\(workers.count) hasher-workers are running"
    }

    private func patience(with worker: HashWorkerRecord) -> Duration {
        let requeues = worker.attempts.compactMap { attempts[$0].flatMap { jobs[$0]?.requeues } }.max() ?? 0
        return limits.silence * (1 + requeues)
    }

    private func running(_ attempt: UInt64, at worker: Connection) -> HashJobRecord? {
        guard let id = attempts[attempt], let job = jobs[id], job.worker == worker else { return nil }
        return job
    }

    private mutating func withQueue(_ priority: HashJob.Priority, _ body: (inout FairQueue) -> Void) {
        switch priority {
        case .interactive: body(&interactive)
        case .bulk: body(&bulk)
        }
    }

    /// Takes the job out of everything it is in.
    private mutating func take(_ job: HashJobRecord) -> [HashAction] {
        jobs[job.id] = nil
        askedBy[job.asker]?[job.correlation] = nil
        if askedBy[job.asker]?.isEmpty == true { askedBy[job.asker] = nil }
        guard let worker = job.worker else {
            withQueue(job.priority) { $0.remove(job.id, of: job.asker) }
            return []
        }
        attempts[job.attempt] = nil
        workers.takeBack(job.attempt, from: worker)
        return [.withdraw(attempt: job.attempt, worker: worker)]
    }

    /// Takes an attempt from its worker; the job waits for another one, or has been tried often enough.
    private mutating func putBack(_ attempt: UInt64, _ reason: String) -> [HashAction] {
        guard let id = attempts.removeValue(forKey: attempt), var job = jobs[id], let worker = job.worker else {
            return []
        }
        workers.takeBack(attempt, from: worker)
        job.worker = nil
        job.failedAt.insert(worker)
        job.requeues += 1
        job.bytesHashed = 0
        guard job.requeues <= limits.requeues else {
            jobs[id] = job
            withQueue(job.priority) { $0.putBack(id) }
            _ = take(job)
            let fault = BusFault(.failed, "the hash job was given up after \(job.requeues) tries; the last: \(reason)")
            return [.fail(asker: job.asker, correlation: job.correlation, fault), .changed(job.report(.failed))]
        }
        requeued += 1
        jobs[id] = job
        withQueue(job.priority) { $0.putBack(id) }
        return [.changed(job.report(.requeued))]
    }

    private mutating func wrong(_ job: HashJobRecord, from worker: Connection, _ fault: BusFault) -> [HashAction] {
        var actions = putBack(job.attempt, fault.message)
        workers[worker]?.wrongAnswers += 1
        if let record = workers[worker], record.wrongAnswers >= limits.wrongAnswers, !record.isDistrusted {
            workers[worker]?.isDistrusted = true
            actions.append(
                .distrust(worker: worker, reason: "it answered wrongly \(record.wrongAnswers) times: \(fault.message)")
            )
        }
        return actions
    }

    /// Gives waiting jobs to workers with room, the least busy first.
    private mutating func dispatch(_ now: ContinuousClock.Instant) -> [HashAction] {
        var actions: [HashAction] = []
        var held: [UInt64] = []
        while workers.haveRoom, let id = interactive.popFirst() ?? bulk.popFirst() {
            guard var job = jobs[id] else { continue }
            guard let worker = workers.choose(for: job) else {
                held.append(id)
                continue
            }
            lastAttempt += 1
            job.worker = worker
            job.attempt = lastAttempt
            jobs[id] = job
            attempts[lastAttempt] = id
            workers.give(lastAttempt, to: worker, now)
            actions.append(
                .assign(
                    attempt: lastAttempt,
                    worker: worker,
                    body: job.body,
                    source: job.source,
                    deadline: job.deadline - now
                )
            )
            actions.append(.changed(job.report(.running, worker: workers.name(of: worker))))
        }
        for id in held.reversed() {
            guard let job = jobs[id] else { continue }
            withQueue(job.priority) { $0.putBack(id) }
        }
        return actions
    }
}
