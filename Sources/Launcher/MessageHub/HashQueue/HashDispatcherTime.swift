import BusServices
import BusTransport

// What the dispatcher does when time passes: deadlines, and workers that hang or crawl.
extension HashDispatcher {
    /// When ``tick(_:)`` has something to do.
    package var nextDeadline: ContinuousClock.Instant? {
        [workers.all.lazy.compactMap(attention).min(), deadlines.next, tasks.nextDeadline].compactMap { $0 }.min()
    }

    package mutating func tick(_ now: ContinuousClock.Instant) -> [HashAction] {
        guard let next = nextDeadline, next <= now else { return [] }
        var actions: [HashAction] = []
        while let id = deadlines.popExpired(now) {
            guard let job = jobs[id] else { continue }
            let fault = BusFault(.deadlineExceeded, "the hash job was not done in time: \(reasonToWait)")
            actions += take(job, .failed(fault.message), now)
            actions.append(.fail(asker: job.asker, correlation: job.correlation, fault))
        }
        let standing = jobs
        deadlines.compact(standing: standing.count) { standing[$0] != nil }
        for (worker, record) in workers.byName where attention(record).map({ $0 <= now }) == true {
            actions += record.isSilent ? giveUp(worker) : lookAfter(worker, record, now)
        }
        tasks.tick(now)
        return actions + dispatch(now)
    }

    /// Counts `pause`, in which this launcher itself did not run, for nobody.
    package mutating func excuse(_ pause: Duration, now: ContinuousClock.Instant) {
        workers.excuse(pause, now: now)
    }

    private var reasonToWait: String {
        workers.count == 0 ? "no hasher-worker is running" : "\(workers.count) hasher-workers are running"
    }

    /// When to look after a worker.
    private func attention(_ worker: HashWorkerRecord) -> ContinuousClock.Instant? {
        if worker.isDistrusted { return nil }
        if worker.isSilent { return worker.lastSign + limits.replacement }
        guard worker.isBusy else { return nil }
        let patience = patience(with: worker)
        var moments = [worker.lastSign + patience]
        if worker.check != nil { moments.append(worker.lastCheck + limits.checkPatience) }
        if worker.head != nil {
            moments.append(worker.headSign + patience)
            moments.append(max(worker.nextLook, worker.headSince + limits.silence))
        }
        return moments.min()
    }

    /// How long a worker may take to move on: longer for a job that was silent before.
    private func patience(with worker: HashWorkerRecord) -> Duration {
        let requeues = worker.head.flatMap { attempts[$0.attempt] }.flatMap { jobs[$0]?.requeues } ?? 0
        return limits.silence * (1 + requeues)
    }

    private mutating func giveUp(_ worker: Connection) -> [HashAction] {
        workers[worker]?.isDistrusted = true
        return [.distrust(worker: worker, reason: "its jobs got no answer for \(limits.replacement)")]
    }

    private mutating func lookAfter(
        _ worker: Connection,
        _ record: HashWorkerRecord,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        let patience = patience(with: record)
        if now - record.lastSign >= patience {
            workers[worker]?.isSilent = true
            let released = release(record.held.map(\.attempt), at: worker, "\(record.name) said nothing", now)
            // A check stays open: what was withdrawn gets no answer, and by an answer it shows that it lives.
            return record.check == nil ? released + giveCheck(to: worker, now) : released
        }
        if let check = record.check, now - record.lastCheck >= limits.checkPatience {
            return checkForgotten(by: worker, check.attempt)
        }
        guard let head = record.head else { return [] }
        if now - record.headSign >= patience {
            // It works, but not on this: the job was lost or forgotten.
            return release([head.attempt], at: worker, "\(record.name) did not get on with it", now)
        }
        workers[worker]?.nextLook = now + limits.silence / 5
        return moveIfSlow(head.attempt, at: worker, record, now)
    }

    /// Gives a job to another worker when this one is absurdly late with it; once, for the file itself may be slow.
    private mutating func moveIfSlow(
        _ attempt: UInt64,
        at worker: Connection,
        _ record: HashWorkerRecord,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard now - record.headSince >= limits.silence, var job = running(attempt, at: worker), job.slowTry == nil,
            let usual = workers.usualSpeed(besides: worker),
            workers.haveTrusted(besides: job.avoided.union([worker]))
        else { return [] }
        let speed = Double(job.bytesHashed) / ((now - record.headSince) / .seconds(1))
        guard speed * limits.slowness < usual else { return [] }
        job.slowTry = HashJobRecord.SlowTry(worker: worker, bytesPerSecond: speed)
        jobs[job.id] = job
        return [.withdraw(attempt: attempt, worker: worker)]
            + putBack(attempt, "\(record.name) was slow", isCounted: false, now)
    }
}
