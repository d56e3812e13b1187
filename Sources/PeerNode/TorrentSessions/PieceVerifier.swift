import BitTorrentTypes
import BusServices
import BusTransport
import Logging
import Metainfo
import PieceStore

/// Has pieces on disk hashed and holds the digests against the metainfo.
///
/// A piece is never lost for lack of a worker: a job without an answer is asked again, with a growing pause,
/// until there is one or the task is cancelled.
struct PieceVerifier: Sendable {
    enum Verdict: Hashable, Sendable {
        case good
        case bad
        /// The worker could not read the bytes, and why.
        case unreadable(String)
    }

    /// The verdict on one piece.
    struct Outcome: Hashable, Sendable {
        let piece: PieceIndex
        let verdict: Verdict
    }

    let files: TorrentFiles
    let hashing: any HashingService
    let logger: Logger

    /// The verdicts on `pieces`; `progress` is told of further bytes hashed.
    func verify(
        _ pieces: [PieceIndex],
        priority: HashJob.Priority,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(CancellationError) -> [Outcome] {
        var outcomes: [Outcome] = []
        for part in HashJobs.parts(pieces, of: files, priority: priority) {
            outcomes += try await verify(part, progress: progress)
        }
        return outcomes
    }

    func verify(
        _ part: HashJobs.Part,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(CancellationError) -> [Outcome] {
        var pause = Duration.milliseconds(100)
        while true {
            do throws(BusFault) {
                let digests = try await hashing.hash(part.job, progress: progress)
                guard digests.count == part.pieces.count else {
                    throw BusFault(.invalid, "\(digests.count) digests came for \(part.pieces.count) pieces")
                }
                return zip(part.pieces, digests).map { piece, digest in
                    Outcome(piece: piece, verdict: verdict(on: digest, of: piece))
                }
            } catch {
                guard !Task.isCancelled else { throw CancellationError() }
                if error.code == .invalid {
                    return part.pieces.map { Outcome(piece: $0, verdict: .unreadable(error.message)) }
                }
                logger.debug("hashing will be asked for again", metadata: ["reason": "\(error.message)"])
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw CancellationError()
            }
            pause = min(pause * 2, .seconds(10))
        }
    }

    private func verdict(on digest: PieceOutcome, of piece: PieceIndex) -> Verdict {
        switch digest {
        case .hashed(let hashes): hashes.sha1?.elementsEqual(files.metainfo.hash(of: piece)) == true ? .good : .bad
        case .unreadable(let reason): .unreadable(reason)
        }
    }
}
