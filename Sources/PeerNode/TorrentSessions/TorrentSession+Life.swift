import BitTorrentTypes
import Logging
import BusServices
import Metainfo
import NIOCore
import PeerEngine
import PeerNetworking
import PeerWire
import PieceStore

/// Start, check, run, stop.
extension TorrentSession {
    /// How often the engine hears the time.
    private static let tick = TimeAmount.milliseconds(250)
    /// When a torrent that ran out of space or of descriptors looks again.
    private static let scarcityRetry = TimeAmount.seconds(10)

    /// What the disk and the database say at a start.
    private struct Preparation: Sendable {
        var plan: InitialCheck.Plan
        var counters: RecordedCounters
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
                    stamps: files.stamps(),
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
    func start(isNew: Bool = false, fetchesMissing: Bool = false) async {
        switch activity {
        case .paused, .failed: break
        case .checking, .running, .closed: return
        }
        run += 1
        let run = run
        activity = .checking(done: 0, total: 0)
        let result = await prepare(isNew: isNew, fetchesMissing: fetchesMissing)
        guard self.run == run, case .checking = activity else { return }
        switch result {
        case .failure(let error):
            fail(error)
        case .success(let preparation):
            verified = preparation.plan.verified
            earlier = preparation.counters
            if let free = preparation.freeBytes, preparation.missingBytes > free, !verified.isComplete {
                return fail(StoreError.noSpace(path: files.path))
            }
            check(preparation.plan.toHash)
        }
    }

    private func prepare(isNew: Bool, fetchesMissing: Bool) async -> Result<Preparation, any Error> {
        let files = files
        environment.recorder.forget(infoHash)
        return await environment.recorder.afterFlush { database in
            Result {
                guard let record = try database.torrent(files.metainfo.infoHash) else { throw CancellationError() }
                let lost = files.metainfo.files.indices.first { record.stamps[$0] != nil && files.stamp(of: $0) == nil }
                if let lost, !fetchesMissing { throw StoreError.missing(path: files.path(of: lost)) }
                try Directory.prepare(files.directory)
                try files.prepare()
                let plan = InitialCheck.plan(record, files: files, isNew: isNew)
                // From here on the files may change without their stamps: an orderly end says so again.
                if !plan.verified.isComplete || plan.verified.bytes != record.verified {
                    let progress = NodeDatabase.Progress(
                        infoHash: record.infoHash,
                        verified: plan.verified,
                        counters: record.counters,
                        stamps: [:]
                    )
                    try database.record([progress])
                }
                return Preparation(
                    plan: plan,
                    counters: record.counters,
                    missingBytes: plan.verified.isComplete ? 0 : files.missingBytes(),
                    freeBytes: Directory.freeBytes(files.directory)
                )
            }
        }
    }

    private func check(_ pieces: [PieceIndex]) {
        guard !pieces.isEmpty else { return join() }
        activity = .checking(done: 0, total: pieces.reduce(0) { $0 + metainfo.layout.length(of: $1) })
        publish()
        let run = run
        let check = InitialCheck(files: files, verifier: verifier)
        checkTask = Task { [weak self] in
            do {
                try await check.run(pieces) { [weak self] outcomes in await self?.checked(outcomes, run: run) }
                await self?.checkEnded(run: run)
            } catch {
                // Cancelled: whoever did it has set the state.
                return
            }
        }
    }

    /// Hashes every piece anew.
    func recheck() async {
        switch activity {
        case .checking, .closed: return
        case .paused, .running, .failed: break
        }
        leave()
        let announcer = takeAnnouncer()
        Task { await announcer?.stop() }
        verified = Bitfield(pieceCount: metainfo.layout.pieceCount)
        check(Array(metainfo.layout.pieces))
    }

    private func checked(_ outcomes: [PieceVerifier.Outcome], run: Int) {
        guard self.run == run, case .checking(let done, let total) = activity else { return }
        let good = outcomes.filter { $0.verdict == .good }.map(\.piece)
        for piece in good { verified.insert(piece) }
        activity = .checking(
            done: done + outcomes.reduce(0) { $0 + metainfo.layout.length(of: $1.piece) },
            total: total
        )
        if !good.isEmpty { record(good) }
        publishIfChanged()
    }

    private func checkEnded(run: Int) {
        guard self.run == run, case .checking = activity else { return }
        checkTask = nil
        join()
    }

    /// Joins the swarm.
    private func join() {
        activity = .running
        engine = TorrentEngine(
            layout: metainfo.layout,
            verified: verified,
            ownID: environment.peerID,
            settings: EngineSettings(),
            seed: UInt64.random(in: .min ... .max)
        )
        learn(askedPeers, from: .user)
        startAnnouncing()
        let bound = NIOLoopBound(self, eventLoop: environment.loop)
        timer = environment.loop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.tick) { _ in
            bound.value.assumeIsolated { $0.tick() }
        }
        logger.info("torrent running", metadata: ["verified": "\(verified.count)", "pieces": "\(verified.pieceCount)"])
        publish()
    }

    private func tick() {
        let now = now
        engine?.tick(at: now, into: &actions)
        pump()
        publishIfChanged()
    }

    // MARK: - Stopping

    /// Leaves the swarm; what was verified stays verified and is being recorded.
    func leave() {
        run += 1
        checkTask?.cancel()
        checkTask = nil
        timer?.cancel()
        timer = nil
        earlier = counters
        if let engine { verified = engine.verified }
        engine = nil
        actions.removeAll()
        toVerify.removeAll()
        for task in verifications.values { task.cancel() }
        verifications.removeAll()
        let open = Array(connections.values) + Array(dials.values)
        connections.removeAll()
        keys.removeAll()
        dials.removeAll()
        touched.removeAll()
        for connection in open { connection.close(.stopped) }
        if !toRecord.isEmpty { recordGathered() }
    }

    /// Stops with an error that a person sees; a lack of space or of descriptors is looked at again by itself.
    func fail(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        switch activity {
        case .checking, .running: break
        case .paused, .failed, .closed: return
        }
        leave()
        let announcer = takeAnnouncer()
        Task { await announcer?.stop() }
        var isMissing = false
        if case .missing? = error as? StoreError { isMissing = true }
        activity = .failed(reason: String(describing: error), isMissing: isMissing)
        logger.error("torrent stopped by an error", metadata: ["reason": "\(error)"])
        publish()
        switch error as? StoreError {
        case .noSpace?, .tooManyOpenFiles?: retryLater()
        default: break
        }
    }

    private func retryLater() {
        let run = run
        environment.loop.scheduleTask(in: Self.scarcityRetry) { [weak self] in
            Task { await self?.retry(run: run) }
        }
    }

    private func retry(run: Int) async {
        guard self.run == run, case .failed = activity else { return }
        await start()
    }

    func pause() async {
        switch activity {
        case .closed: return
        case .paused, .checking, .running, .failed: break
        }
        leave()
        activity = .paused
        let announcer = takeAnnouncer()
        Task { await announcer?.stop() }
        publish()
        await settle(isPaused: true)
    }

    func resume() async {
        let (infoHash, run) = (infoHash, run)
        let failure = await environment.recorder.afterFlush { database in
            Result { try database.setPaused(false, infoHash) }
        }
        if case .failure(let error) = failure { logger.error("resume not recorded", metadata: ["reason": "\(error)"]) }
        // Paused or closed again while we waited: the later word counts.
        guard self.run == run else { return }
        await start(fetchesMissing: true)
    }

    /// Ends in order, with the node.
    func shutdown() async {
        leave()
        activity = .closed
        let announcer = takeAnnouncer()
        async let told: Void? = announcer?.stop()
        await settle(isPaused: nil)
        _ = await told
    }

    /// Ends for good; returns why the data could not be deleted.
    func remove(deletingData: Bool) async -> String? {
        leave()
        activity = .closed
        let announcer = takeAnnouncer()
        Task { await announcer?.stop() }
        environment.publish(.torrentRemoved(infoHash, node: "\(environment.name)"))
        environment.recorder.forget(infoHash)
        let files = files
        return await environment.recorder.afterFlush { database in
            do {
                try database.remove(files.metainfo.infoHash)
                if deletingData { try files.delete() } else { files.close() }
                return nil
            } catch {
                return String(describing: error)
            }
        }
    }

    private func takeAnnouncer() -> TrackerAnnouncer? {
        defer { announcer = nil }
        return announcer
    }

    /// Records everything there is, with the stamps of an orderly end.
    private func settle(isPaused: Bool?) async {
        let files = files
        let counters = counters
        let failure: (any Error)? = await environment.recorder.afterFlush { database in
            do {
                if let isPaused { try database.setPaused(isPaused, files.metainfo.infoHash) }
                // What is recorded counts, not what is verified: a piece whose flush failed must be hashed again.
                if let record = try database.torrent(files.metainfo.infoHash),
                    let verified = Bitfield(wire: record.verified, pieceCount: files.metainfo.layout.pieceCount)
                {
                    let progress = NodeDatabase.Progress(
                        infoHash: files.metainfo.infoHash,
                        verified: verified,
                        counters: counters,
                        stamps: files.stamps(),
                        isClean: true
                    )
                    try database.record([progress])
                }
                files.close()
                return nil
            } catch {
                return error
            }
        }
        if let failure { logger.error("the end was not recorded", metadata: ["reason": "\(failure)"]) }
    }
}
