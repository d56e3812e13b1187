import BitTorrentTypes
import BusServices
import Logging
import Metainfo
import NIOCore
import PeerEngine
import PieceStore

/// From a complete piece to a recorded one.
extension TorrentSession {
    /// How long a lone piece waits for company.
    private static let gatheringTime = TimeAmount.milliseconds(2)
    private static let fullBatch = 16 << 20
    private static let batchesInFlight = 8

    var verifier: PieceVerifier { PieceVerifier(files: files, hashing: environment.hashing, logger: logger) }

    /// Takes a piece whose blocks are all in the file into the next job.
    func verify(_ piece: PieceIndex) {
        toVerify.append(piece)
        if toVerify.count * metainfo.layout.pieceLength >= Self.fullBatch { return sendBatch() }
        guard !isVerificationScheduled else { return }
        isVerificationScheduled = true
        let bound = NIOLoopBound(self, eventLoop: environment.loop)
        environment.loop.scheduleTask(in: Self.gatheringTime) {
            bound.value.assumeIsolated { session in
                session.isVerificationScheduled = false
                session.sendBatch()
            }
        }
    }

    /// With enough jobs under way the pieces go on gathering; the end of a job sends them.
    private func sendBatch() {
        guard !toVerify.isEmpty, verifications.count < Self.batchesInFlight else { return }
        let pieces = toVerify.sorted()
        let first = pieces[0]
        toVerify.removeAll()
        let run = run
        let verifier = verifier
        verifications[first] = Task { [weak self] in
            do {
                let outcomes = try await verifier.verify(pieces, priority: .interactive)
                await self?.verified(outcomes, job: first, run: run)
            } catch {
                // Cancelled with the torrent's run: the pieces are hashed at the next start.
                return
            }
        }
    }

    private func verified(_ outcomes: [PieceVerifier.Outcome], job: PieceIndex, run: Int) {
        guard self.run == run, engine != nil else { return }
        verifications[job] = nil
        for outcome in outcomes {
            switch outcome.verdict {
            case .good: engine?.pieceChecked(outcome.piece, isGood: true, at: now, into: &actions)
            case .bad: engine?.pieceChecked(outcome.piece, isGood: false, at: now, into: &actions)
            case .unreadable(let reason): return fail(UnreadablePiece(piece: outcome.piece, reason: reason))
            }
        }
        pump()
        sendBatch()
    }

    /// Hands the pieces of this round to the recorder.
    func recordGathered() {
        let pieces = toRecord
        toRecord.removeAll(keepingCapacity: true)
        record(pieces)
    }

    func record(_ pieces: [PieceIndex]) {
        let run = run
        environment.recorder.add(pieces, verified: verified, counters: counters, of: files) { [weak self] result in
            guard case .failure(let error) = result else { return }
            Task { await self?.recordingFailed(error, run: run) }
        }
    }

    /// Nothing may be believed that the disk did not take: the torrent stops, and a resume hashes what is not recorded.
    private func recordingFailed(_ error: any Error, run: Int) {
        guard self.run == run else { return }
        fail(error)
    }
}

/// A piece whose bytes we have just written cannot be read back.
struct UnreadablePiece: Error, CustomStringConvertible {
    let piece: PieceIndex
    let reason: String

    var description: String { "piece \(piece) cannot be read back: \(reason)" }
}
