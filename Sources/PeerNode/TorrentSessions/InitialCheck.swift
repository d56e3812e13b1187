import BitTorrentTypes
import BusServices
import Metainfo
import PieceStore

/// Finds out which pieces of a torrent are on the disk, before anything is fetched.
struct InitialCheck: Sendable {
    /// 64 MiB each: enough to keep four workers reading, little enough that other torrents get their turn.
    private static let jobsInFlight = 4

    let files: TorrentFiles
    let verifier: PieceVerifier

    /// What to look at, and what counts without a look.
    struct Plan: Sendable {
        var verified: Bitfield
        var toHash: [PieceIndex]
    }

    /// Judges the recorded pieces by the files; blocks on the disk.
    ///
    /// `isNew`: the files were not written by us, so that holes in them may be data.
    static func plan(_ record: TorrentRecord, files: TorrentFiles, isNew: Bool) -> Plan {
        let layout = files.metainfo.layout
        let recorded = Bitfield(wire: record.verified, pieceCount: layout.pieceCount)
        let resume = ResumeCheck(
            metainfo: files.metainfo,
            recorded: recorded ?? Bitfield(pieceCount: layout.pieceCount),
            stamps: record.stamps,
            wasClean: record.isClean,
            found: files.stamps()
        )
        let toHash = Array(layout.pieces).filter { piece in
            !resume.trusted.contains(piece) && files.mayHold(piece, countingHoles: isNew)
        }
        return Plan(verified: resume.trusted, toHash: toHash)
    }

    /// Hashes `pieces`, several jobs at a time; `report` gets every outcome and how many bytes are done.
    ///
    /// Throws only when the task is cancelled.
    func run(
        _ pieces: [PieceIndex],
        report: @escaping @Sendable ([PieceVerifier.Outcome]) async -> Void
    ) async throws {
        var parts = HashJobs.parts(pieces, of: files, priority: .bulk)[...]
        try await withThrowingTaskGroup(of: [PieceVerifier.Outcome].self) { group in
            for part in parts.prefix(Self.jobsInFlight) {
                group.addTask { try await verifier.verify(part) { _ in } }
            }
            parts = parts.dropFirst(Self.jobsInFlight)
            while let outcomes = try await group.next() {
                if let part = parts.popFirst() {
                    group.addTask { try await verifier.verify(part) { _ in } }
                }
                await report(outcomes)
            }
        }
    }
}
