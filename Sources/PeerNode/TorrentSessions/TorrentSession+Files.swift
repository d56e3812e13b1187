import BitTorrentTypes
import Logging
import Metainfo
import NIOCore
import PieceStore

/// What others do to the files of a torrent, and what comes of it.
///
///     file     │ in the swarm                             │ afterwards
///     changed  │ leaves it, has the file hashed           │ all good: goes on; else stopped until a person resumes
///     gone     │ leaves it: `missing`                     │ goes on by itself when the file is there again
///     volume   │ leaves it: `missing`, "offline: …"       │ goes on by itself when the volume is mounted again
///     no room  │ leaves it: `error`                       │ goes on by itself when there is room
///
/// Nothing is ever written over what somebody put there, unless a person says so.
extension TorrentSession {
    /// From now on changes of the files are noticed.
    func watchFiles() {
        files.beginWriting(verified: verified)
        let run = run
        environment.watch.add(files) { [weak self] error in
            Task { await self?.noticed(error, run: run) }
        }
    }

    private func noticed(_ error: StoreError, run: Int) {
        guard self.run == run else { return }
        fail(error)
    }

    /// Waits a moment, for whoever writes may not be done, and then finds out what has changed.
    func examine(_ error: any Error) {
        logger.warning("a file was changed by another program", metadata: ["reason": "\(error)"])
        activity = .checking(nil)
        isExamining = true
        believed = verified
        publish()
        let run = run
        eventLoop.scheduleTask(in: environment.lookInterval) { [weak self] in
            Task { await self?.lookAgain(run: run) }
        }
    }

    private func lookAgain(run: Int) async {
        guard self.run == run, case .checking(nil) = activity else { return }
        activity = .paused
        await start()
    }

    /// What is strange about the files of `pieces`, whose bytes are not as they should be.
    func strangeness(of pieces: [PieceIndex]) async -> StoreError? {
        let files = files
        return await environment.recorder.afterFlush { _ in
            do throws(StoreError) {
                for file in Set(pieces.flatMap { files.files(of: $0) }) { try files.look(at: file) }
                return nil
            } catch {
                return error
            }
        }
    }

    // MARK: - Stopped for a while

    /// Looks now and then whether `obstacle` is out of the way, and then goes on.
    func awaitEnd(of obstacle: Obstacle) {
        let run = run
        // One that comes back at once is looked at less and less often.
        let isRepeated = lastObstacle.map { NIODeadline.now() - $0 < .minutes(1) } ?? false
        patience = isRepeated ? min(patience * 2, 4) : 1
        lastObstacle = .now()
        let interval = environment.lookInterval * patience
        eventLoop.scheduleTask(in: interval) { [weak self] in
            Task { await self?.look(at: obstacle, every: interval, run: run) }
        }
    }

    private func look(at obstacle: Obstacle, every interval: TimeAmount, run: Int) async {
        guard self.run == run, case .failed = activity else { return }
        let files = files
        let isOver = await environment.recorder.afterFlush { database in obstacle.isOver(files, database) }
        guard self.run == run, case .failed = activity else { return }
        if isOver { return await start() }
        eventLoop.scheduleTask(in: interval) { [weak self] in
            Task { await self?.look(at: obstacle, every: interval, run: run) }
        }
    }
}
