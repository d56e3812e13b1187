import BitTorrentTypes
import Logging
import Metainfo
import PeerEngine
import PeerNetworking
import PieceStore

/// From what the disk and the database say to a torrent that runs.
extension TorrentSession {
    /// Brings the torrent back as the last run left it, and ends what that run had begun.
    func restore(_ record: TorrentRecord) async {
        isRestoring = true
        defer { isRestoring = false }
        let isToMove = if let move = record.move { await finish(move) } else { false }
        // A recheck of a paused torrent goes on; one that was paused itself does not.
        let rests = record.held != nil || record.isPaused && record.check?.isHalted != false
        if rests { load() } else { await start(from: record.move == nil ? record : nil) }
        guard isToMove, let move = record.move else { return }
        Task { await moveAgain(to: move.folder) }
    }

    /// Makes the torrent known without starting it: its recorded state is all that is known.
    func load() { publish() }

    /// Writes a new torrent to the database; returns why that failed.
    ///
    /// Pieces that count at once get the stamps of their files, after these are flushed.
    func save(_ record: TorrentRecord) async -> String? {
        let files = files
        let verified = verified
        let result = await environment.recorder.afterFlush { database in
            Result {
                let number = try database.save(record)
                guard !verified.isEmpty else { return number }
                try files.synchronize(Set(files.metainfo.files.indices))
                let progress = NodeDatabase.Progress(
                    infoHash: record.infoHash,
                    verified: verified,
                    counters: record.counters,
                    stamps: try files.stamps(),
                    isClean: true
                )
                try database.record([progress])
                return number
            }
        }
        switch result {
        case .success(let number):
            self.number = number
            return nil
        case .failure(let error):
            return String(describing: error)
        }
    }

    /// Finds out what is on the disk, has it hashed where that is not known, and joins the swarm.
    ///
    /// A file with recorded pieces that is gone (deleted, or its disk not mounted) stops the torrent, unless
    /// `fetchesMissing` says that a person wants it downloaded again. `record` is what the database holds of the torrent,
    /// when that was just read. Returns when the check is under way, or, when there is nothing to check, when the torrent
    /// runs.
    func start(from record: TorrentRecord? = nil, fetchesMissing: Bool = false) async {
        switch activity {
        case .paused, .failed: break
        case .checking, .running, .closed: return
        }
        if relocating?.keepsFilesStill == true {
            relocating?.startsAfterwards = true
            return
        }
        run += 1
        let run = run
        activity = .checking(nil)
        selectFiles()
        isExamining = false
        if fetchesMissing { believed = nil }
        let result = await prepare(record, fetchesMissing: fetchesMissing)
        guard self.run == run, case .checking = activity else { return }
        switch result {
        case .failure(let error):
            fail(error)
        case .success(let plan):
            verified = plan.verified
            changedFiles = plan.changed
            if plan.isAsked { earlier.badPieces += plan.lost.count }
            if let check = plan.check {
                begin(check)
            } else if plan.lost.isEmpty || plan.isAsked || fetchesMissing {
                await proceed()
            } else {
                await hold(plan.lost)
            }
        }
    }

    private func prepare(_ known: TorrentRecord?, fetchesMissing: Bool) async -> Result<CheckPlan, any Error> {
        let (files, recorder, counters) = (files, environment.recorder, earlier)
        let (preallocation, isToRun) = (environment.preallocation, !isPaused)
        return await recorder.afterFlush { database in
            Result {
                recorder.forget(files.metainfo.infoHash)
                guard let record = try known ?? database.torrent(files.metainfo.infoHash) else {
                    throw CancellationError()
                }
                var found = try files.survey(record, fetchesMissing: fetchesMissing)
                let suspects = files.takeSuspects()
                try Directory.prepare(files.directory)
                try files.prepare()
                if try files.bringIn() { found = try files.settle() }
                let plan = try CheckPlan(
                    record,
                    files: files,
                    found: found,
                    suspects: suspects,
                    fetchesMissing: fetchesMissing
                )
                if isToRun, !plan.verified.isComplete {
                    let free = Directory.freeBytes(files.directory) ?? .max
                    guard try files.missingBytes() <= free else { throw StoreError.noSpace(path: files.path) }
                    if preallocation == .full, try files.allocate(verified: plan.verified) {
                        found = try files.settle()
                    }
                }
                let volume = Volume(of: files.directory)
                if volume != record.volume { try database.setVolume(volume, record.infoHash) }
                // From here on the files may change without their stamps: an orderly end says so again.
                if !plan.verified.isComplete || plan.verified.bytes != record.verified || record.check != nil {
                    var counters = counters
                    if plan.isAsked { counters.badPieces += plan.lost.count }
                    let progress = NodeDatabase.Progress(
                        infoHash: record.infoHash,
                        verified: plan.verified,
                        counters: counters,
                        stamps: found,
                        check: plan.check.map { .begun($0.record) } ?? .ended
                    )
                    try database.record([progress])
                }
                return plan
            }
        }
    }

    /// Joins the swarm.
    func join() {
        activity = .running
        believed = nil
        watchFiles()
        engine = TorrentEngine(
            layout: metainfo.layout,
            verified: verified,
            priorities: piecePriorities,
            ownID: environment.peerID,
            settings: engineSettings,
            seed: UInt64.random(in: .min ... .max),
            departureLog: departureLog
        )
        engine?.order = pieceOrder
        engine?.setSuperSeeding(options.isSuperSeeding, at: now, into: &actions)
        resetActivity()
        limitsChanged()
        if !metainfo.isPrivate { learn(askedPeers, from: .user) }
        startAnnouncing()
        logger.log(
            level: isRestoring ? .debug : .info,
            "torrent running",
            metadata: ["verified": "\(verified.count)", "pieces": "\(verified.pieceCount)"]
        )
        publish()
    }
}

extension TorrentFiles {
    /// Finds the files that are there and returns their stamps; changes nothing on the disk.
    ///
    /// Throws when recorded pieces are gone, because their files or the whole volume are, unless `fetchesMissing` says
    /// that a person wants them fetched again. Where nothing is recorded yet, a volume that is not mounted is told by its
    /// mount point: a download into the empty folder would fill another disk.
    func survey(_ record: TorrentRecord, fetchesMissing: Bool) throws(StoreError) -> [Int: FileStamp] {
        let found = try settle()
        let lost = firstLost(record, found: found)
        if let volume = record.volume, volume != Volume(of: directory) {
            let hasRecorded = record.verified.contains { $0 != 0 }
            if hasRecorded ? lost != nil : !fetchesMissing { throw .offline(path: volume.mountPoint) }
        }
        if let lost, !fetchesMissing { throw .missing(path: path(of: lost)) }
        return found
    }

    /// The first file that is gone though pieces of it are recorded.
    private func firstLost(_ record: TorrentRecord, found: [Int: FileStamp]) -> Int? {
        let layout = metainfo.layout
        guard let recorded = Bitfield(wire: record.verified, pieceCount: layout.pieceCount) else { return nil }
        return metainfo.files.indices.first { index in
            let file = metainfo.files[index]
            guard file.length > 0, !file.isPadding, !isSkipped(index), record.stamps[index] != nil, found[index] == nil
            else {
                return false
            }
            let numbers = file.offset / layout.pieceLength...(file.offset + file.length - 1) / layout.pieceLength
            return numbers.contains { layout.piece($0).map(recorded.contains) == true }
        }
    }
}
