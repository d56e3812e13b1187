import BitTorrentTypes
import BusServices
import BusTransport

extension HashPlan {
    /// The outcome of every piece, in order, with `concurrency` jobs under way at a time.
    ///
    /// `task` names the work for `p2pctl jobs`; `progress` is told the bytes hashed so far, from any thread.
    func outcomes(
        by hasher: any HashingService,
        concurrency: Int,
        task: HashTask? = nil,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> [PieceOutcome] {
        let tally = HashTally(progress)
        return try await withThrowingTaskGroup(of: (Int, [PieceOutcome]).self) { group in
            var answers: [[PieceOutcome]] = Array(repeating: [], count: jobs.count)
            var next = 0
            func start() {
                guard next < jobs.count else { return }
                let (index, job) = (next, jobs[next])
                next += 1
                group.addTask {
                    let request = HashJob(priority: .bulk, runs: job.runs, task: task)
                    let outcomes = try await Self.ask(hasher, for: request) { hashed in
                        tally.job(index, hashed: min(hashed, job.length))
                    }
                    guard outcomes.count == job.pieceCount else {
                        throw CommandFailure("a hasher answered with the wrong number of pieces; try again")
                    }
                    tally.job(index, hashed: job.length)
                    return (index, outcomes)
                }
            }
            for _ in 0..<max(1, concurrency) { start() }
            while let (index, outcomes) = try await group.next() {
                answers[index] = outcomes
                start()
            }
            return Array(answers.joined())
        }
    }

    /// How long to go on asking while the hub's queue is full, or no worker is up.
    private static let patience = Duration.seconds(60)
    private static let retryPause = Duration.milliseconds(200)

    private static func ask(
        _ hasher: any HashingService,
        for job: HashJob,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> [PieceOutcome] {
        let end = ContinuousClock.now + patience
        while true {
            do throws(BusFault) {
                return try await hasher.hash(job, progress: progress)
            } catch {
                switch error.code {
                case .overloaded, .unavailable:
                    // Waiting here is what keeps the queue short.
                    guard ContinuousClock.now < end else { throw error }
                case .cancelled:
                    // Ctrl-C ends the command as such; somebody else's hand is told.
                    try Task.checkCancellation()
                    throw CommandFailure("the hashing was cancelled as a job of the suite; start it again to go on")
                case .invalid, .notFound, .refused, .deadlineExceeded, .version, .failed, .alreadyExists:
                    throw error
                }
            }
            try await Task.sleep(for: retryPause)
        }
    }
}
