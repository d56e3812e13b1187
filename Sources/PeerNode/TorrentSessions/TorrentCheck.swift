import BitTorrentTypes
import BusServices
import PieceStore

/// Has the pieces of a ``CheckPlan`` hashed by all workers.
struct TorrentCheck: Sendable {
    /// 64 MiB each, which takes a worker some 15 ms from memory: enough to keep several of them busy while answers
    /// travel, little enough that other torrents get their turn.
    private static let jobsInFlight = 8

    let files: TorrentFiles
    let verifier: PieceVerifier
    let task: HashTask

    /// Hashes `pieces`, several jobs at a time; `report` gets every outcome.
    func run(
        _ pieces: [PieceIndex],
        report: @escaping @Sendable ([PieceVerifier.Outcome]) async -> Void
    ) async throws {
        var jobs = HashJobs(pieces, of: files, priority: .bulk, task: task)
        try await withThrowingTaskGroup(of: [PieceVerifier.Outcome].self) { group in
            for _ in 0..<Self.jobsInFlight {
                guard let part = jobs.next() else { break }
                group.addTask { try await verifier.verify(part) }
            }
            while let outcomes = try await group.next() {
                if let part = jobs.next() { group.addTask { try await verifier.verify(part) } }
                await report(outcomes)
            }
        }
    }
}
