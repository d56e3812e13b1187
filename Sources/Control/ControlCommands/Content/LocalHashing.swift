import BitTorrentTypes
import BusServices
import BusTransport
import FoundationEssentials
import PieceHashing

/// Hashes in this process, with all cores: what works with nothing running.
struct LocalHashing: HashingService {
    private let hasher: PieceHasher

    /// Fails when `P2P_HASH_PATH` names no path of this processor.
    init() throws(CommandFailure) {
        do {
            hasher = PieceHasher(path: try HashPath(environment: ProcessInfo.processInfo.environment))
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        do throws(CancellationError) {
            return try await hasher.hash(job.runs, progress: progress)
        } catch {
            throw BusFault(.cancelled, "interrupted")
        }
    }
}
