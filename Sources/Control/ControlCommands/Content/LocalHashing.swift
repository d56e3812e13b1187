import BusServices
import BusTransport
import PieceHashing

/// Hashes in this process, with all cores: what works with nothing running.
struct LocalHashing: HashingService {
    private let hasher = PieceHasher()

    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceDigest] {
        do {
            let runs = try job.runs.map { run in
                try PieceRun(
                    slices: run.spans.map { FileSlice(path: $0.path, offset: $0.offset, length: $0.length) },
                    pieceLength: job.pieceLength
                )
            }
            return try await hasher.hash(runs, progress: progress).map { outcome in
                switch outcome {
                case .digest(let digest): .sha1(digest)
                case .unreadable(let reason): .unreadable(reason)
                }
            }
        } catch let error as PieceRunError {
            throw BusFault(.invalid, "\(error); choose other files")
        } catch {
            throw BusFault(.cancelled, "interrupted")
        }
    }
}
