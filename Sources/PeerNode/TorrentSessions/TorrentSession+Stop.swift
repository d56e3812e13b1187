import BitTorrentTypes
import BusServices
import Logging
import Metainfo
import NIOCore
import PeerEngine
import PeerNetworking
import PeerWire
import PieceStore

/// Out of the swarm: for a while, for an error, for good.
extension TorrentSession {
    /// Leaves the swarm; what was verified stays verified and is being recorded.
    func leave() {
        run += 1
        isExamining = false
        environment.watch.remove(files)
        checkTask?.cancel()
        checkTask = nil
        timer?.cancel()
        timer = nil
        ticksOften = false
        stirredAt = nil
        addressesTried = 0
        urgent = []
        earlier = counters
        if let engine {
            verified = engine.verified
            departureLog = engine.departureLog
        }
        engine = nil
        seedingSince = nil
        dropHeld()
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
        if let announcer { environment.farewells.say(announcer, of: self) }
        announcer = nil
    }

    /// Stops with an error that a person sees; what may end by itself is looked at again.
    ///
    /// A file that somebody changed is no error yet: the torrent leaves the swarm at once, and has it hashed.
    func fail(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        switch activity {
        case .checking, .running: break
        case .paused, .failed, .closed: return
        }
        leave()
        switch error {
        case StoreError.changed, StoreError.short: return examine(error)
        case StoreError.missing, StoreError.offline: stop(because: "\(error)", isMissing: true)
        default: stop(because: "\(error)")
        }
        if let obstacle = Obstacle(error) { awaitEnd(of: obstacle) }
    }

    func stop(because reason: String, isMissing: Bool = false) {
        activity = .failed(reason: reason, isMissing: isMissing)
        logger.error("torrent stopped by an error", metadata: ["reason": "\(reason)"])
        publish()
    }

    /// Rests until resumed; a check that is under way rests too, and is gone on with.
    ///
    /// Throws why that cannot be recorded; then nothing has changed.
    func pause() async throws {
        guard try await commit({ try $0.setPaused(true, $1) }) else { return }
        isPaused = true
        leave()
        activity = .paused
        publish()
        await settle()
    }

    /// Runs again, whatever stopped it: what an error says is lost is fetched again then.
    ///
    /// Throws why that cannot be recorded; then nothing has changed.
    func resume() async throws {
        guard try await commit({ try $0.setPaused(false, $1) }) else { return }
        isPaused = false
        isHeld = false
        if case .failed = activity { return await start(fetchesMissing: true) }
        await start()
    }

    /// Ends in order, with the node.
    func shutdown() async {
        relocating?.cancellation.request()
        leave()
        activity = .closed
        await settle()
        await environment.farewells.said(of: infoHash)
    }

    /// Ends for good; returns why the data could not be deleted.
    func remove(deletingData: Bool) async -> String? {
        relocating?.cancellation.request()
        leave()
        activity = .closed
        environment.publish(.torrentRemoved(infoHash, node: "\(environment.name)"))
        environment.recorder.forget(infoHash)
        let files = files
        return await environment.recorder.afterFlush { database in
            do {
                try database.remove(files.metainfo.infoHash)
                try files.dropAside()
                if deletingData { try files.delete() } else { files.close() }
                return nil
            } catch {
                return String(describing: error)
            }
        }
    }

    /// Records what a person wants, before it is done; returns whether the torrent is still there to do it.
    ///
    /// Wishes are recorded, and then done, in the order in which they came.
    func commit(_ wish: @escaping @Sendable (NodeDatabase, InfoHash) throws -> Void) async throws -> Bool {
        let infoHash = infoHash
        try await environment.recorder.afterFlush { database in Result { try wish(database, infoHash) } }.get()
        if case .closed = activity { return false }
        return true
    }

    /// Records everything there is, with the stamps of an orderly end.
    ///
    /// What only checked has written nothing: a file that changed meanwhile keeps its old stamp, and is looked at again.
    func settle(hasWritten: Bool = true) async {
        let (files, counters) = (files, counters)
        let failure: (any Error)? = await environment.recorder.afterFlush { database in
            do {
                // What is recorded counts, not what is verified: a piece whose flush failed must be hashed again.
                if let record = try database.torrent(files.metainfo.infoHash),
                    let verified = Bitfield(wire: record.verified, pieceCount: files.metainfo.layout.pieceCount)
                {
                    let progress = NodeDatabase.Progress(
                        infoHash: files.metainfo.infoHash,
                        verified: verified,
                        counters: counters,
                        // A check writes nothing: a file that changed since it began was changed by others.
                        stamps: hasWritten && record.check == nil ? files.openStamps() : [:],
                        isClean: true
                    )
                    try database.record([progress])
                }
                files.endWriting()
                return nil
            } catch {
                return error
            }
        }
        if let failure { logger.error("the end was not recorded", metadata: ["reason": "\(failure)"]) }
    }
}
