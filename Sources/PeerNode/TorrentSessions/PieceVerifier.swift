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

    /// Why there are no verdicts.
    enum Interruption: Error, Hashable {
        /// We gave up ourselves: the torrent stops.
        case stopped
        /// A person cancelled the task that the job is a part of.
        case taskCancelled
        /// Nobody takes the job, now or later; nothing is known of the pieces.
        case refused(String)
    }

    let files: TorrentFiles
    let hashing: any HashingService
    let logger: Logger

    /// The verdicts on `pieces`, for which somebody waits.
    func verify(_ pieces: [PieceIndex]) async throws(Interruption) -> [Outcome] {
        var outcomes: [Outcome] = []
        for part in HashJobs(pieces, of: files, priority: .interactive) { outcomes += try await verify(part) }
        return outcomes
    }

    func verify(_ part: HashJobs.Part) async throws(Interruption) -> [Outcome] {
        var pause = Duration.milliseconds(100)
        while true {
            do throws(BusFault) {
                let digests = try await hashing.hash(part.job) { _ in }
                guard digests.count == part.pieces.count else {
                    throw BusFault(.invalid, "\(digests.count) digests came for \(part.pieces.count) pieces")
                }
                return zip(part.pieces, digests).map { piece, digest in
                    Outcome(piece: piece, verdict: verdict(on: digest, of: piece))
                }
            } catch {
                guard !Task.isCancelled else { throw .stopped }
                if error.code == .invalid { throw .refused(error.message) }
                if error.code == .cancelled, part.job.task != nil { throw .taskCancelled }
                logger.debug("hashing will be asked for again", metadata: ["reason": "\(error.message)"])
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw .stopped
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
