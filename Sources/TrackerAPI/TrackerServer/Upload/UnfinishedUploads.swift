import FoundationEssentials
import Logging
import Metainfo
import NIOPosix
import TrackerStore

/// What uploads left behind that a crash cut off before their answer.
///
///     not listed   the folder goes: the uploader was told nothing and uploads again
///     listed       a peer-node is asked once more to seed it
struct UnfinishedUploads: Sendable {
    let uploads: DiskPath
    let service: UploadService
    let pool: NIOThreadPool
    let logger: Logger

    /// Removes what came to nothing; returns the folders of torrents that are listed.
    func sweep() async throws -> [DiskPath] {
        let uploads = uploads
        var listed: [DiskPath] = []
        var removed = 0
        for folder in try await pool.runIfActive({ try UploadFolder.unfinished(in: uploads) }) {
            if try await service.catalogue.store.torrent(at: "\(folder)") != nil {
                listed.append(folder)
            } else {
                try await UploadFolder(path: folder, pool: pool).remove()
                removed += 1
            }
        }
        if removed > 0 { logger.notice("unfinished uploads were removed", metadata: ["count": "\(removed)"]) }
        return listed
    }

    /// Has the torrents in `folders` seeded; what fails is tried at the next start.
    func finish(_ folders: [DiskPath]) async {
        let store = service.catalogue.store
        for folder in folders {
            do {
                guard let torrent = try await store.torrent(at: "\(folder)"),
                    let bytes = try await store.metainfo(torrent.infoHash)
                else { continue }
                let isSeededElsewhere = try await service.seed(try Metainfo.parse(bytes), in: folder)
                if isSeededElsewhere {
                    try await UploadFolder(path: folder, pool: pool).remove()
                } else {
                    try await UploadFolder(path: folder, pool: pool).seal()
                }
                logger.notice("an upload was finished after a crash", metadata: ["info_hash": "\(torrent.infoHash)"])
            } catch {
                logger.error(
                    "an upload could not be finished after a crash",
                    metadata: ["path": "\(folder)", "reason": "\(error)"]
                )
            }
        }
    }
}
