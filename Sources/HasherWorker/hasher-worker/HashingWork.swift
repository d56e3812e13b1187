import BitTorrentTypes
import BusServices
import BusTransport
import PieceHashing
import ProcessRuntime
import Synchronization

/// Answers hash jobs with one thread, so that a worker takes one core.
///
/// The hub may give it several jobs at a time: the thread goes from one to the next without waiting for the bus, and an
/// interactive job gets in between two reads of a bulk one.
actor HashingWork: HashingService, ProcessService {
    /// Least time between two progress messages.
    private static let progressInterval = Duration.milliseconds(250)

    private let hasher: PieceHasher
    private let stop = StopRequest()
    private var openJobs = 0

    let endpoints = Endpoints()

    init(_ path: HashPath) {
        hasher = PieceHasher(threads: 1, path: path)
    }

    func load() -> Int { openJobs }

    func run() async { _ = await stop.wait() }

    func shutdown() { stop.request(.asked) }

    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        openJobs += 1
        defer { openJobs -= 1 }
        let throttle = Throttle(Self.progressInterval)
        do throws(CancellationError) {
            return try await hasher.hash(job.runs, priority: PieceHasher.Priority(job.priority)) { bytes in
                if throttle.pass() { progress(bytes) }
            }
        } catch {
            throw BusFault(.cancelled, "the hash job was cancelled")
        }
    }
}

extension PieceHasher.Priority {
    fileprivate init(_ priority: HashJob.Priority) {
        self =
            switch priority {
            case .interactive: .interactive
            case .bulk: .bulk
            }
    }
}

/// Lets something pass no more often than once an interval.
private final class Throttle: Sendable {
    private let interval: Duration
    private let last: Mutex<ContinuousClock.Instant>

    init(_ interval: Duration) {
        self.interval = interval
        last = Mutex(.now)
    }

    func pass() -> Bool {
        last.withLock { last in
            let now = ContinuousClock.now
            guard now - last >= interval else { return false }
            last = now
            return true
        }
    }
}
