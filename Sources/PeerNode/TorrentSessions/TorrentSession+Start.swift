import BitTorrentTypes
import Logging
import Metainfo
import PeerEngine
import PeerNetworking
import PieceStore

/// From what the disk and the database say to a torrent that runs.
extension TorrentSession {
    /// What the disk and the database say at a start.
    private struct Preparation: Sendable {
        var plan: CheckPlan
        var missingBytes: Int
        var freeBytes: Int?
    }

    /// Makes the torrent known without starting it: its recorded state is all that is known.
    func load() { publish() }

    /// Writes a new torrent to the database; returns why that failed.
    ///
    /// Pieces that count at once get the stamps of their files, after these are flushed.
    func save(_ record: TorrentRecord) async -> String? {
        let files = files
        let verified = verified
        return await environment.recorder.afterFlush { database in
            do {
                try database.save(record)
                guard !verified.isEmpty else { return nil }
                try files.synchronize(Set(files.metainfo.files.indices))
                let progress = NodeDatabase.Progress(
                    infoHash: record.infoHash,
                    verified: verified,
                    counters: record.counters,
                    stamps: try files.stamps(),
                    isClean: true
                )
                try database.record([progress])
                return nil
            } catch {
                return String(describing: error)
            }
        }
    }

    /// Finds out what is on the disk, has it hashed where that is not known, and joins the swarm.
    ///
    /// A file with recorded pieces that is gone (deleted, or its disk not mounted) stops the torrent, unless
    /// `fetchesMissing` says that a person wants it downloaded again. Returns when the check is under way, or, when there
    /// is nothing to check, when the torrent runs.
    func start(fetchesMissing: Bool = false) async {
        switch activity {
        case .paused, .failed: break
        case .checking, .running, .closed: return
        }
        run += 1
        let run = run
        activity = .checking(nil)
        let result = await prepare(fetchesMissing: fetchesMissing)
        guard self.run == run, case .checking = activity else { return }
        switch result {
        case .failure(let error):
            fail(error)
        case .success(let preparation):
            verified = preparation.plan.verified
            earlier.badPieces += preparation.plan.lost
            if !isPaused, let free = preparation.freeBytes, preparation.missingBytes > free {
                return fail(StoreError.noSpace(path: files.path))
            }
            if let check = preparation.plan.check { begin(check) } else { await proceed() }
        }
    }

    private func prepare(fetchesMissing: Bool) async -> Result<Preparation, any Error> {
        let (files, recorder, counters) = (files, environment.recorder, earlier)
        return await recorder.afterFlush { database in
            Result {
                recorder.forget(files.metainfo.infoHash)
                guard let record = try database.torrent(files.metainfo.infoHash) else { throw CancellationError() }
                let found = try files.stamps()
                let lost = files.firstLost(record, found: found)
                if let lost, !fetchesMissing { throw StoreError.missing(path: files.path(of: lost)) }
                try Directory.prepare(files.directory)
                try files.prepare()
                let plan = try CheckPlan(record, files: files, found: found)
                // From here on the files may change without their stamps: an orderly end says so again.
                if !plan.verified.isComplete || plan.verified.bytes != record.verified || record.check != nil {
                    var counters = counters
                    counters.badPieces += plan.lost
                    let progress = NodeDatabase.Progress(
                        infoHash: record.infoHash,
                        verified: plan.verified,
                        counters: counters,
                        stamps: found,
                        check: plan.check.map { .begun($0.record) } ?? .ended
                    )
                    try database.record([progress])
                }
                return Preparation(
                    plan: plan,
                    missingBytes: plan.verified.isComplete ? 0 : try files.missingBytes(),
                    freeBytes: Directory.freeBytes(files.directory)
                )
            }
        }
    }

    /// Joins the swarm.
    func join() {
        activity = .running
        engine = TorrentEngine(
            layout: metainfo.layout,
            verified: verified,
            priorities: piecePriorities,
            ownID: environment.peerID,
            settings: EngineSettings(),
            seed: UInt64.random(in: .min ... .max)
        )
        engine?.order = pieceOrder
        resetActivity()
        limitsChanged()
        learn(askedPeers, from: .user)
        startAnnouncing()
        logger.info("torrent running", metadata: ["verified": "\(verified.count)", "pieces": "\(verified.pieceCount)"])
        publish()
    }
}

extension TorrentFiles {
    /// The first file that is gone though pieces of it are recorded.
    fileprivate func firstLost(_ record: TorrentRecord, found: [Int: FileStamp]) -> Int? {
        let layout = metainfo.layout
        guard let recorded = Bitfield(wire: record.verified, pieceCount: layout.pieceCount) else { return nil }
        return metainfo.files.indices.first { index in
            let file = metainfo.files[index]
            guard file.length > 0, !file.isPadding, record.stamps[index] != nil, found[index] == nil else {
                return false
            }
            let numbers = file.offset / layout.pieceLength...(file.offset + file.length - 1) / layout.pieceLength
            return numbers.contains { layout.piece($0).map(recorded.contains) == true }
        }
    }
}
