import BusServices
import BusTransport

// Whom the dispatcher believes: second opinions, checks with known answers, and what follows from them.
//
//     proof that a worker is wrong                      follows
//     an answer that cannot be read                     counted; twice: replaced
//     another worker found what was expected            counted; twice: replaced
//     another worker was far faster at the same job     counted; twice: replaced
//     a check answered wrongly, its file being intact   replaced at once
//
// A liar that tells one bad digest in many for jobs without expected digests is found by chance only; when it is
// found, the tasks for which it hashed since its last check fail rather than end in a torrent that nobody can verify.
extension HashDispatcher {
    // MARK: - Answers

    mutating func heard(
        _ body: [UInt8],
        about job: HashJobRecord,
        from worker: Connection,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        do throws(BusFault) {
            let outcomes = try HashingMessages.outcomes(body, of: job.doubt?.runs ?? job.job.runs)
            workers[worker]?.finished(job.attempt, now)
            if var doubt = job.doubt {
                doubt.hear(outcomes, from: worker)
                return try decide(doubt, about: job, now)
            }
            if let doubt = try HashDoubt(outcomes, to: job.job, by: worker) {
                askAgain(doubt, about: job, now)
                return []
            }
            let slow = slowness(before: job, now)
            return finish(job, by: worker, body, now) + slow
        } catch {
            return putBack(job.attempt, error.message, now) + count(worker, "it answered wrongly", error.message, now)
        }
    }

    private mutating func decide(
        _ doubt: HashDoubt,
        about job: HashJobRecord,
        _ now: ContinuousClock.Instant
    ) throws(BusFault) -> [HashAction] {
        let verdict = doubt.verdict
        let mayAskMore = doubt.opinionCount < limits.opinions && workers.haveTrusted(besides: doubt.heard)
        if !verdict.isSettled, mayAskMore {
            askAgain(doubt, about: job, now)
            return []
        }
        var actions = finish(job, by: nil, try HashingMessages.encode(verdict.outcomes), now)
        for worker in verdict.wrong.sorted(by: { workers.name(of: $0) < workers.name(of: $1) }) {
            let proof = "another worker found what was expected"
            actions += count(worker, "it answered wrongly", proof, now)
        }
        return actions
    }

    /// Lets another worker hash what is in doubt; the same one when there is no other.
    private mutating func askAgain(_ doubt: HashDoubt, about job: HashJobRecord, _ now: ContinuousClock.Instant) {
        leave(job, now)
        jobs[job.id]?.doubt = doubt
        withQueue(job.priority) { $0.putBack(job.id) }
    }

    private mutating func finish(
        _ job: HashJobRecord,
        by worker: Connection?,
        _ body: [UInt8],
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        let holder = job.worker
        _ = take(job, .done(bytes: job.bytes), now)
        let (sum, overflow) = bytesHashed.addingReportingOverflow(job.bytes)
        bytesHashed = overflow ? Int.max : sum
        if let worker, let task = job.task, job.job.expected.isEmpty, !checks.isEmpty {
            workers[worker]?.unverifiedTasks.insert(task)
        }
        let check = holder.map { job.priority == .bulk ? checkIfDue($0, now) : [] } ?? []
        return [.reply(asker: job.asker, correlation: job.correlation, body: body)] + check
    }

    /// Counts a worker that was far slower at a job than the one that has now done it, provably rightly.
    private mutating func slowness(before job: HashJobRecord, _ now: ContinuousClock.Instant) -> [HashAction] {
        guard let slow = job.slowTry, !job.job.expected.isEmpty, let worker = job.worker, worker != slow.worker,
            let since = workers[worker]?.headSince, workers[worker]?.head?.attempt == job.attempt
        else { return [] }
        let speed = Double(job.bytes) / max((now - since) / .seconds(1), 1e-6)
        guard speed > slow.bytesPerSecond * limits.slowness else { return [] }
        return count(slow.worker, "it is far slower than the others", workers.name(of: worker), isLie: false, now)
    }

    /// Counts what a worker was proven to have done wrong.
    private mutating func count(
        _ worker: Connection,
        _ what: String,
        _ proof: String,
        isLie: Bool = true,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard var record = workers[worker] else { return [] }
        record.wrongAnswers += 1
        workers[worker] = record
        guard record.wrongAnswers >= limits.wrongAnswers else { return [] }
        return distrust(worker, "\(what) (\(proof)), the \(record.wrongAnswers). time it failed", isLiar: isLie, now)
    }

    /// Nothing that this worker says counts from now on; what a liar said before is in doubt too.
    private mutating func distrust(
        _ worker: Connection,
        _ reason: String,
        isLiar: Bool = true,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard let record = workers[worker], !record.isDistrusted else { return [] }
        workers[worker]?.isDistrusted = true
        workers[worker]?.check = nil
        var actions = release(record.held.map(\.attempt), at: worker, reason, isCounted: false, now)
        guard isLiar else { return actions + [.distrust(worker: worker, reason: reason)] }
        let fault = BusFault(.failed, "\(record.name) hashed for it and answered wrongly at a check; start it anew")
        for task in record.unverifiedTasks.sorted() { actions += end(task, .failed, fault, now) }
        return actions + [.distrust(worker: worker, reason: reason)]
    }

    // MARK: - Checks

    /// Whoever made the file of the checks has looked at it, after a worker failed at one.
    package mutating func reviewed(
        _ worker: Connection,
        isFileIntact: Bool,
        reason: String,
        now: ContinuousClock.Instant
    ) -> [HashAction] {
        guard workers[worker] != nil else { return [] }
        return (isFileIntact ? distrust(worker, reason, now) : giveCheck(to: worker, now)) + dispatch(now)
    }

    /// There is no file for checks any more: workers are taken at their word.
    package mutating func endChecks(now: ContinuousClock.Instant) -> [HashAction] {
        checks = []
        for (worker, _) in workers.byName {
            workers[worker]?.check = nil
            workers[worker]?.isProven = true
        }
        return dispatch(now)
    }

    mutating func giveCheck(to worker: Connection, _ now: ContinuousClock.Instant) -> [HashAction] {
        guard !checks.isEmpty, workers[worker]?.isDistrusted == false else { return [] }
        lastCheck = (lastCheck + 1) % checks.count
        lastAttempt += 1
        let check = checks[lastCheck]
        do throws(BusFault) {
            let body = try HashingMessages.encode(HashJob(priority: check.job.priority, runs: check.job.runs))
            workers[worker]?.give(HashWorkerRecord.RunningCheck(attempt: lastAttempt, check: check), now)
            return [
                .assign(
                    attempt: lastAttempt,
                    worker: worker,
                    body: body,
                    source: Role.launcher.rawValue,
                    deadline: limits.replacement
                )
            ]
        } catch {
            preconditionFailure("a check of a few pieces is a message: \(error)")
        }
    }

    /// A worker that fell silent during its first check has woken.
    mutating func checkIfUnproven(_ worker: Connection, _ now: ContinuousClock.Instant) -> [HashAction] {
        guard let record = workers[worker], !record.isProven, record.check == nil else { return [] }
        return giveCheck(to: worker, now)
    }

    /// A worker that does everything but its check.
    mutating func checkForgotten(by worker: Connection, _ attempt: UInt64) -> [HashAction] {
        workers[worker]?.check = nil
        workers[worker]?.isProven = false
        return [
            .withdraw(attempt: attempt, worker: worker),
            .review(worker: worker, reason: "it did not answer a check for \(limits.checkPatience)"),
        ]
    }

    private mutating func checkIfDue(_ worker: Connection, _ now: ContinuousClock.Instant) -> [HashAction] {
        guard let record = workers[worker], record.check == nil, record.isTrusted else { return [] }
        workers[worker]?.jobsUntilCheck -= 1
        guard record.jobsUntilCheck <= 1 || now - record.lastCheck >= limits.checkInterval else { return [] }
        return giveCheck(to: worker, now)
    }

    mutating func judge(
        _ result: Result<[UInt8], BusFault>,
        of check: HashCheck,
        by worker: Connection,
        _ now: ContinuousClock.Instant
    ) -> [HashAction] {
        let problem: String
        do throws(BusFault) {
            let outcomes = try HashingMessages.outcomes(result.get(), of: check.job.runs)
            guard outcomes != check.outcomes else {
                workers[worker]?.passedCheck(next: check.after, now)
                return []
            }
            let wrong = zip(outcomes, check.outcomes).count { $0 != $1 }
            problem = "\(wrong) of \(outcomes.count) pieces of known content were not what they are"
        } catch {
            problem = error.message
        }
        workers[worker]?.check = nil
        workers[worker]?.isProven = false
        return [.review(worker: worker, reason: "it failed at a check: \(problem)")]
    }
}
