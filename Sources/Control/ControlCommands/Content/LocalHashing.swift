import BitTorrentTypes
import BusServices
import BusTransport
import PieceHashing

/// Hashes in this process, with all cores: what works with nothing running.
struct LocalHashing: HashingService {
    private let hasher = PieceHasher()

    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        do throws(CancellationError) {
            return try await hasher.hash(job.runs, progress: progress)
        } catch {
            throw BusFault(.cancelled, "interrupted")
        }
    }
}
