import BusServices
import BusTransport

// Where a job is: the moves between queue, worker and answered, each in one place.
extension HashDispatcher {
    func running(_ attempt: UInt64, at worker: Connection) -> HashJobRecord? {
        guard let id = attempts[attempt], let job = jobs[id], job.worker == worker else { return nil }
        return job
    }

    mutating func withQueue(_ priority: HashJob.Priority, _ body: (inout FairQueue) -> Void) {
        switch priority {
        case .interactive: body(&interactive)
        case .bulk: body(&bulk)
        }
    }

    /// Takes the job out of everything it is in.
    mutating func take(
        _ job: HashJobRecord,
        _ ending: HashTasks.PartEnding,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        jobs[job.id] = nil
        messageBytes -= job.body.count
        askedBy[job.asker]?[job.correlation] = nil
        if askedBy[job.asker]?.isEmpty == true { askedBy[job.asker] = nil }
        tasks.partEnded(job.id, of: job.task, ending, now)
        guard let worker = job.worker else {
            withQueue(job.priority) { $0.remove(job.id, of: job.asker, task: job.line) }
            return []
        }
        attempts[job.attempt] = nil
        workers[worker]?.takeBack(job.attempt, now)
        return [.withdraw(attempt: job.attempt, worker: worker)]
    }

    /// Takes the job from its worker; the caller says where it goes.
    mutating func leave(_ job: HashJobRecord, _ now: ContinuousClock.Instant) {
        guard let worker = job.worker else { return }
        attempts[job.attempt] = nil
        workers[worker]?.takeBack(job.attempt, now)
        jobs[job.id]?.worker = nil
        jobs[job.id]?.bytesHashed = 0
    }

    /// Takes attempts from a worker that still runs, the last given first so that the first stays first.
    mutating func release(
        _ attempts: [UInt64],
        at worker: Connection,
        _ reason: String,
        isCounted: Bool = true,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        attempts.reversed().flatMap { attempt in
            [.withdraw(attempt: attempt, worker: worker)] + putBack(attempt, reason, isCounted: isCounted, now)
        }
    }

    /// Takes an attempt from its worker; the job waits for another one, or has been tried often enough.
    mutating func putBack(
        _ attempt: UInt64,
        _ reason: String,
        isCounted: Bool = true,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard let id = attempts[attempt], let held = jobs[id], let worker = held.worker else { return [] }
        leave(held, now)
        guard var job = jobs[id] else { return [] }
        job.failedAt.insert(worker)
        if isCounted { job.requeues += 1 }
        jobs[id] = job
        withQueue(job.priority) { $0.putBack(id) }
        guard job.requeues <= limits.requeues else {
            let fault = BusFault(.failed, "the hash job was given up after \(job.requeues) tries; the last: \(reason)")
            return take(job, .failed(fault.message), now)
                + [.fail(asker: job.asker, correlation: job.correlation, fault)]
        }
        requeued += 1
        tasks.partWaits(id, of: job.task)
        return []
    }

    /// Ends a task and all its jobs with `fault`.
    mutating func end(
        _ number: UInt64,
        _ state: HashTaskStatus.State,
        _ fault: BusFault,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        let jobs = tasks.jobs(of: number).compactMap { self.jobs[$0] }
        // First, so that its last job does not end it in another way.
        tasks.refuse(number, state, fault, now)
        return jobs.flatMap { job in
            take(job, .withdrawn, now) + [.fail(asker: job.asker, correlation: job.correlation, fault)]
        }
    }

    /// Gives waiting jobs to workers with room, then says what is new.
    mutating func dispatch(_ now: ContinuousClock.Instant) -> [HashAction] {
        var actions: [HashAction] = []
        for priority in [HashJob.Priority.interactive, .bulk] {
            while let assigned = assignOne(priority, now) { actions.append(assigned) }
        }
        return actions + news(now)
    }

    mutating func news(_ now: ContinuousClock.Instant) -> [HashAction] {
        tasks.news(now).map { .task($0) }
    }

    private mutating func assignOne(_ priority: HashJob.Priority, _ now: ContinuousClock.Instant) -> HashAction? {
        guard (priority == .interactive ? interactive : bulk).count > 0 else { return nil }
        for worker in workers.withRoom(for: priority) {
            if let id = popNext(priority, for: worker), let job = jobs[id] { return assign(job, to: worker, now) }
        }
        return nil
    }

    private mutating func popNext(_ priority: HashJob.Priority, for worker: Connection) -> UInt64? {
        let (jobs, workers) = (jobs, workers)
        var next: UInt64?
        withQueue(priority) { queue in
            // Who failed at a job, or has said what it thinks of it, gets it again only when there is no other.
            next = queue.popFirst { id in
                guard let avoided = jobs[id]?.avoided else { return true }
                return !avoided.contains(worker) || !workers.haveTrusted(besides: avoided)
            }
        }
        return next
    }

    private mutating func assign(
        _ waiting: HashJobRecord,
        to worker: Connection,
        _ now: ContinuousClock.Instant
    ) -> HashAction {
        lastAttempt += 1
        var job = waiting
        job.worker = worker
        job.attempt = lastAttempt
        jobs[job.id] = job
        attempts[lastAttempt] = job.id
        let held = HashWorkerRecord.Held(attempt: lastAttempt, priority: job.priority, bytes: job.attemptBytes)
        workers[worker]?.give(held, now)
        tasks.partRuns(job.id, of: job.task, at: workers.name(of: worker))
        return .assign(
            attempt: lastAttempt,
            worker: worker,
            body: job.attemptBody,
            source: job.source,
            deadline: job.deadline - now
        )
    }
}
