import BitTorrentTypes
import BusServices
import Dispatch
import Logging
import Metainfo
import NIOCore
import PieceStore
import Synchronization

/// Another folder for the files, while the torrent goes on.
///
///     same file system     out of the swarm for the moment of a rename
///     another              served from the old place while it is copied; a download rests meanwhile
extension TorrentSession {
    /// Begins to move the files to `directory`, which is there and can be written; the end is told by the summary.
    ///
    /// Throws why it cannot be done; then nothing has changed.
    func move(to directory: [UInt8]) async throws {
        guard relocating == nil else { throw MoveRefusal.underWay }
        switch activity {
        case .checking: throw MoveRefusal.checking
        case .closed: return
        case .paused, .running, .failed: break
        }
        let files = files
        let relocation = Relocation(of: files, to: directory)
        relocating = MoveProgress(to: directory)
        do {
            try await environment.recorder.afterFlush { database in
                Result {
                    try relocation.check()
                    try database.setMove(RecordedMove(phase: .moving, folder: directory), files.metainfo.infoHash)
                }
            }.get()
        } catch {
            relocating = nil
            throw error
        }
        moveError = nil
        await carryOut(relocation, to: directory)
    }

    /// Ends a move that a kill or a stop of the node cut short, before the torrent starts; returns whether it must begin
    /// anew, which it may when the torrent has started.
    func finish(_ recorded: RecordedMove) async -> Bool {
        let (files, folder) = (files, recorded.folder)
        let relocation = Relocation(of: files, to: folder)
        let beginsAnew: Result<Bool, any Error> = await environment.recorder.afterFlush { database in
            Result {
                switch recorded.phase {
                case .moving:
                    guard relocation.isDone else { return true }
                    try database.switchFolder(to: folder, deletingIn: nil, files.metainfo.infoHash)
                    files.relocate(to: folder)
                case .copied:
                    guard relocation.isCopyThere || relocation.isTargetThere else { return true }
                    try Self.switchToCopy(relocation, to: folder, of: files, in: database)
                case .deleting:
                    try relocation.deleteOld(in: folder)
                    try database.setMove(nil, files.metainfo.infoHash)
                }
                return false
            }
        }
        switch beginsAnew {
        case .success(true):
            relocating = MoveProgress(to: folder)
            return true
        case .success(false):
            moved()
        case .failure(let error):
            await moveFailed(error, relocation)
        }
        return false
    }

    func moveAgain(to directory: [UInt8]) async {
        await carryOut(Relocation(of: files, to: directory), to: directory)
    }

    /// By name if that is possible, else by copy.
    private func carryOut(_ relocation: Relocation, to directory: [UInt8]) async {
        let files = files
        let wasRunning = await rest()
        let isMoved: Result<Bool, any Error> = await environment.recorder.afterFlush { database in
            Result {
                files.close()
                try relocation.discardCopy()
                guard try !relocation.isNeeded || relocation.rename() else { return false }
                try database.switchFolder(to: directory, deletingIn: nil, files.metainfo.infoHash)
                files.relocate(to: directory)
                return true
            }
        }
        switch isMoved {
        case .failure(let error):
            await moveFailed(error, relocation)
        case .success(true):
            moved()
        case .success(false):
            relocating?.startsAfterwards = wasRunning
            // What is complete is not written to, and can be served meanwhile.
            relocating?.keepsFilesStill = !verified.isComplete
            if wasRunning { await start() }
            Task { await copy(relocation, to: directory) }
            return
        }
        if wasRunning { await start() }
    }

    private func copy(_ relocation: Relocation, to directory: [UInt8]) async {
        let (files, loop, total) = (files, eventLoop, max(1, metainfo.payloadLength))
        let cancellation = relocating?.cancellation ?? Cancellation()
        let copied: Result<Void, any Error> = await withCheckedContinuation { continuation in
            Self.copying.async {
                var done = 0
                let result = Result {
                    try relocation.copy { bytes in
                        done += bytes
                        let progress = Double(done) / Double(total)
                        loop.execute {
                            self.assumeIsolated { session in
                                session.relocating?.progress = min(1, progress)
                                session.publishIfChanged()
                            }
                        }
                        return !cancellation.isRequested
                    }
                }
                continuation.resume(returning: result)
            }
        }
        if cancellation.isRequested { return }
        let isRunning = await rest()
        let wasRunning = isRunning || relocating?.startsAfterwards == true && !isPaused
        let switched: Result<Void, any Error> = await environment.recorder.afterFlush { database in
            Result {
                try copied.get()
                try database.setMove(RecordedMove(phase: .copied, folder: directory), files.metainfo.infoHash)
                files.close()
                try Self.switchToCopy(relocation, to: directory, of: files, in: database)
            }
        }
        switch switched {
        case .failure(let error): await moveFailed(error, relocation)
        case .success: moved()
        }
        if wasRunning { await start() }
    }

    private static func switchToCopy(
        _ relocation: Relocation,
        to directory: [UInt8],
        of files: TorrentFiles,
        in database: NodeDatabase
    ) throws {
        let old = files.directory
        try relocation.nameCopy()
        try database.switchFolder(to: directory, deletingIn: old, files.metainfo.infoHash)
        files.relocate(to: directory)
        // A file that cannot be deleted is no reason to go back; the next start tries again.
        do { try relocation.deleteOld(in: old) } catch { return }
        try database.setMove(nil, files.metainfo.infoHash)
    }

    /// One copy at a time: two would only make the disk seek.
    private static let copying = DispatchQueue(label: "file-copies", qos: .utility)

    /// Out of the swarm for a moment; returns whether the torrent was in it, or on its way there.
    private func rest() async -> Bool {
        switch activity {
        case .running, .checking:
            leave()
            activity = .paused
            await settle()
            return true
        case .paused, .closed: return false
        // A new place may be what it lacks.
        case .failed: return !isHeld
        }
    }

    private func moved() {
        relocating = nil
        logger.notice("files moved", metadata: ["path": "\(StoreError.printable(files.path))"])
        publish()
    }

    /// The files are where they were, whole.
    private func moveFailed(_ error: any Error, _ relocation: Relocation) async {
        let infoHash = infoHash
        relocating = nil
        moveError = String(describing: error)
        logger.error("files not moved", metadata: ["reason": "\(error)"])
        let result = await environment.recorder.afterFlush { database in
            Result {
                let phase = try database.torrent(infoHash)?.move?.phase
                // A copy that has its name already is ended by the next start.
                if phase == .copied, !relocation.isCopyThere, relocation.isTargetThere { return }
                try relocation.discardCopy()
                if phase != .deleting { try database.setMove(nil, infoHash) }
            }
        }
        if case .failure(let error) = result {
            logger.error("a move is still recorded", metadata: ["reason": "\(error)"])
        }
        publish()
    }
}

/// A move that is under way.
struct MoveProgress: Sendable {
    let directory: [UInt8]
    /// 0…1.
    var progress = 0.0
    /// The torrent must not run while it is copied, because it would write.
    var keepsFilesStill = false
    var startsAfterwards = false
    let cancellation = Cancellation()

    init(to directory: [UInt8]) {
        self.directory = directory
    }
}

/// Tells a copy on another thread that nobody wants it any more.
final class Cancellation: Sendable {
    private let state = Atomic(false)

    var isRequested: Bool { state.load(ordering: .relaxed) }

    func request() { state.store(true, ordering: .relaxed) }
}

/// Why a torrent is not moved now.
enum MoveRefusal: Error, CustomStringConvertible {
    case underWay
    case checking

    var description: String {
        switch self {
        case .underWay: "it is being moved already"
        case .checking: "it is being checked: wait for the end of that"
        }
    }
}
