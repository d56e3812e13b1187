import BitTorrentTypes
import BusServices
import BusTransport
import PieceHashing
import ProcessRuntime
import Synchronization

/// Answers hash jobs, one thread for all of them: the hub gives a worker one job at a time.
actor HashingWork: HashingService, ProcessService {
    /// Least time between two progress messages.
    private static let progressInterval = Duration.milliseconds(250)

    private let hasher = PieceHasher(threads: 1)
    private let stop = StopRequest()
    private var openJobs = 0

    let endpoints = Endpoints()

    func load() -> Int { openJobs }

    func run() async { _ = await stop.wait() }

    func shutdown() { stop.request(.asked) }

    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        openJobs += 1
        defer { openJobs -= 1 }
        let throttle = Throttle(Self.progressInterval)
        do throws(CancellationError) {
            return try await hasher.hash(job.runs) { bytes in
                if throttle.pass() { progress(bytes) }
            }
        } catch {
            throw BusFault(.cancelled, "the hash job was cancelled")
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
