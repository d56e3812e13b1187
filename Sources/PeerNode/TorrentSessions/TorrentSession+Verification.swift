import BitTorrentTypes
import BusServices
import Logging
import Metainfo
import NIOCore
import PeerEngine
import PieceStore

/// From a complete piece to a recorded one.
extension TorrentSession {
    /// How long pieces gather before they are hashed: a job costs as much as hashing some of them, and a kernel hashes
    /// several side by side.
    private static let gatheringTime = TimeAmount.milliseconds(25)
    /// So much is sent at once.
    private static let fullBatch = (pieces: 4, bytes: 16 << 20)
    private static let batchesInFlight = 8

    var verifier: PieceVerifier { PieceVerifier(files: files, hashing: environment.hashing, logger: logger) }

    /// Takes a piece whose blocks are all in the file into the next job.
    func verify(_ piece: PieceIndex) {
        toVerify.append(piece)
        if isBatchFull || isLastBatch || isAwaited(piece) { sendBatch() } else { gather() }
    }

    private func gather() {
        guard !toVerify.isEmpty, !isVerificationScheduled else { return }
        isVerificationScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.gatheringTime) {
            bound.value.assumeIsolated { session in
                session.isVerificationScheduled = false
                session.sendBatch()
            }
        }
    }

    private var isBatchFull: Bool {
        toVerify.count >= Self.fullBatch.pieces
            && toVerify.count * metainfo.layout.pieceLength >= Self.fullBatch.bytes
    }

    /// Nothing more will come to wait for.
    private var isLastBatch: Bool { verifications.isEmpty && toVerify.count == engine?.missing.count }

    /// Somebody is asked for nothing more until then.
    private func isAwaited(_ piece: PieceIndex) -> Bool { engine?.isAwaited(piece) == true }

    /// A job that is not full waits for the one before it: busy hashers get fewer and larger ones.
    private func sendBatch() {
        guard !toVerify.isEmpty, verifications.isEmpty || isBatchFull && verifications.count < Self.batchesInFlight
        else { return }
        let pieces = toVerify.sorted()
        let first = pieces[0]
        toVerify.removeAll()
        let run = run
        let verifier = verifier
        verifications[first] = Task { [weak self] in
            do throws(PieceVerifier.Interruption) {
                let outcomes = try await verifier.verify(pieces)
                await self?.verified(outcomes, job: first, run: run)
            } catch .refused(let reason) {
                await self?.verificationRefused(reason, run: run)
            } catch {
                // Stopped with the torrent's run: the pieces are hashed at the next start.
                return
            }
        }
    }

    private func verified(_ outcomes: [PieceVerifier.Outcome], job: PieceIndex, run: Int) async {
        guard self.run == run, engine != nil else { return }
        let doubtful = outcomes.filter { $0.verdict != .good }.map(\.piece)
        // No peer is blamed for what somebody did to the file.
        if !doubtful.isEmpty, let finding = await strangeness(of: doubtful) {
            guard self.run == run else { return }
            return fail(finding)
        }
        guard self.run == run, engine != nil else { return }
        verifications[job] = nil
        var verdicts: [(piece: PieceIndex, isGood: Bool)] = []
        for outcome in outcomes {
            switch outcome.verdict {
            case .good: verdicts.append((outcome.piece, true))
            case .bad: verdicts.append((outcome.piece, false))
            case .unreadable(let reason): return fail(UnreadablePiece(piece: outcome.piece, reason: reason))
            }
        }
        engine?.piecesChecked(verdicts, at: now, into: &actions)
        pump()
        if isBatchFull || isLastBatch || toVerify.contains(where: isAwaited) { sendBatch() } else { gather() }
    }

    private func verificationRefused(_ reason: String, run: Int) {
        guard self.run == run else { return }
        fail(UncheckedTorrent(reason: reason))
    }

    /// Hands the pieces of this round to the recorder.
    func recordGathered() {
        let pieces = toRecord
        toRecord.removeAll(keepingCapacity: true)
        record(pieces)
    }

    /// Records what is verified now; `pieces` are new, `unchecked` is what a check has left.
    func record(_ pieces: [PieceIndex], unchecked: Bitfield? = nil) {
        let run = run
        environment.recorder.add(
            pieces,
            verified: verified,
            unchecked: unchecked,
            counters: counters,
            of: files
        ) { [weak self] result in
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
