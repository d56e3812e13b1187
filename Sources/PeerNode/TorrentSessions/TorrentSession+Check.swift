import BitTorrentTypes
import BusServices
import Logging
import Metainfo
import PieceStore

/// Finding out what is on the disk: at a start, and when a person asks.
extension TorrentSession {
    /// Has every piece hashed anew and then goes on as before; a torrent that an error stopped runs again.
    ///
    /// Meanwhile it is out of the swarm: its peers were promised pieces that may be bad. During another check that a
    /// person waits for this changes nothing.
    func recheck() async throws {
        guard mayRecheck else { return }
        let pieceCount = metainfo.layout.pieceCount
        guard try await commit({ try $0.beginRecheck($1, pieceCount: pieceCount) }), mayRecheck else { return }
        leave()
        isHeld = false
        earlier.badPieces = 0
        activity = .paused
        await start(fetchesMissing: true)
    }

    private var mayRecheck: Bool {
        switch activity {
        case .paused, .running, .failed: true
        // The node's own look at changed files gives way.
        case .checking(let check?): !check.isAsked && check.before != nil
        case .checking(nil): isExamining
        case .closed: false
        }
    }

    /// Goes on with a check where it was.
    func begin(_ check: CheckProgress) {
        activity = .checking(check)
        publish()
        let run = run
        let pieces = Array(metainfo.layout.pieces.filter { check.unchecked.contains($0) })
        let task = HashTask(
            // Of this life of the node: the hub refuses a cancelled id for a while.
            id: "\(infoHash)/\(run)/\(String(UInt64.random(in: .min ... .max), radix: 36))",
            kind: check.kind,
            name: metainfo.name,
            infoHash: infoHash,
            bytesTotal: check.bytesTotal,
            bytesBefore: check.bytesDone
        )
        let torrentCheck = TorrentCheck(files: files, verifier: verifier, task: task)
        checkTask = Task { [weak self] in
            do {
                try await torrentCheck.run(pieces) { [weak self] outcomes in await self?.checked(outcomes, run: run) }
                await self?.checkEnded(run: run)
            } catch {
                await self?.checkInterrupted(error, run: run)
            }
        }
    }

    private func checked(_ outcomes: [PieceVerifier.Outcome], run: Int) {
        guard self.run == run, case .checking(var check?) = activity else { return }
        var new: [PieceIndex] = []
        for outcome in outcomes {
            let piece = outcome.piece
            check.unchecked.remove(piece)
            check.bytesDone += metainfo.layout.length(of: piece)
            switch outcome.verdict {
            case .good:
                // What was believed before is flushed and stamped already.
                if verified.insert(piece) { new.append(piece) }
            case .bad, .unreadable:
                verified.remove(piece)
                guard check.before?.contains(piece) == true else { continue }
                if check.isAsked { earlier.badPieces += 1 }
                logger.debug("piece lost", metadata: ["piece": "\(piece)", "verdict": "\(outcome.verdict)"])
            }
        }
        activity = .checking(check)
        record(new, unchecked: check.unchecked)
        publishIfChanged()
    }

    private func checkEnded(run: Int) async {
        guard self.run == run, case .checking(let check?) = activity else { return }
        checkTask = nil
        logger.notice(
            "torrent checked",
            metadata: [
                "kind": "\(check.kind.rawValue)", "verified": "\(verified.count)", "pieces": "\(verified.pieceCount)",
                "bad_pieces": "\(earlier.badPieces)",
            ]
        )
        let believed = believed
        self.believed = nil
        let lost =
            check.isAsked
            ? []
            : metainfo.layout.pieces.filter {
                !verified.contains($0) && (check.before?.contains($0) == true || believed?.contains($0) == true)
            }
        if lost.isEmpty { await proceed() } else { await hold(lost) }
    }

    private func checkInterrupted(_ error: any Error, run: Int) async {
        guard self.run == run, case .checking(let check?) = activity else { return }
        switch error as? PieceVerifier.Interruption {
        case .taskCancelled?:
            checkTask = nil
            logger.notice("check cancelled", metadata: ["kind": "\(check.kind.rawValue)"])
            if !check.isAsked { return await pauseAfterCancel() }
            // Nothing is left to be looked at: what was recorded of the other pieces holds.
            record([], unchecked: Bitfield(pieceCount: verified.pieceCount))
            await proceed()
        case .refused(let reason)?:
            fail(UncheckedTorrent(reason: reason))
        case .stopped?, nil:
            // Whoever stopped it has set the state.
            return
        }
    }

    /// Stops until a person resumes, because `lost` pieces were verified and are not any more: fetching them again would
    /// write over what somebody did to their files.
    func hold(_ lost: [PieceIndex]) async {
        let reason = "\(LostPieces(lost, of: files, changed: changedFiles))"
        let (infoHash, run) = (infoHash, run)
        let result = await environment.recorder.afterFlush { database in
            Result { try database.hold(infoHash, because: reason) }
        }
        guard self.run == run, case .checking = activity else { return }
        if case .failure(let error) = result { return fail(error) }
        leave()
        isHeld = true
        stop(because: reason)
    }

    /// Without knowing what is on the disk a torrent must not run: it waits, and a resume goes on with the check.
    private func pauseAfterCancel() async {
        do { try await pause() } catch {
            fail(error)
        }
    }

    /// After a check: into the swarm, or to rest when a person wants that.
    func proceed() async {
        guard isPaused || queueHold != nil else { return join() }
        leave()
        activity = .paused
        publish()
        await settle(hasWritten: false)
    }
}

/// The hub takes no hash job of this torrent.
struct UncheckedTorrent: Error, CustomStringConvertible {
    let reason: String

    var description: String { "the files cannot be checked: \(reason)" }
}

/// Pieces that were verified and are not any more, as a sentence that names their files.
struct LostPieces: CustomStringConvertible {
    private let path: [UInt8]
    private let others: Int
    private let count: Int

    /// `changed` are the files that are known to be changed; another may only share a piece with one of them.
    init(_ pieces: [PieceIndex], of files: TorrentFiles, changed: Set<Int>) {
        let all = Set(pieces.flatMap { files.files(of: $0) })
        let named = (all.isDisjoint(with: changed) ? all : all.intersection(changed)).sorted()
        path = named.first.map { files.path(of: $0) } ?? files.path
        others = max(0, named.count - 1)
        count = pieces.count
    }

    var description: String {
        let others = others == 0 ? "" : " and \(others) more \(others == 1 ? "file" : "files")"
        let verb = others.isEmpty ? "was" : "were"
        return """
            \(StoreError.printable(path))\(others) \(verb) changed by another program: \(count) verified \
            \(count == 1 ? "piece is" : "pieces are") bad; resume to fetch \(count == 1 ? "it" : "them") again, which \
            writes over the change
            """
    }
}
