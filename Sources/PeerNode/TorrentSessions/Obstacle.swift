import Metainfo
import PieceStore

/// What stops a torrent and may end without anybody telling us.
enum Obstacle: Sendable {
    /// The files or their volume are gone.
    case absence
    case noSpace
    case noSpaceForDatabase
    case noDescriptors

    /// Free bytes from which on the database is tried again.
    private static let databaseRoom = 1 << 20

    init?(_ error: any Error) {
        switch error {
        case StoreError.missing, StoreError.offline: self = .absence
        case StoreError.noSpace: self = .noSpace
        case StoreError.tooManyOpenFiles: self = .noDescriptors
        case NodeDatabaseError.noSpace: self = .noSpaceForDatabase
        default: return nil
        }
    }

    /// Looks without changing anything; blocks on the disk.
    func isOver(_ files: TorrentFiles, _ database: NodeDatabase) -> Bool {
        do {
            switch self {
            case .noSpaceForDatabase:
                return Directory.freeBytes(database.directory) ?? .max >= Self.databaseRoom
            case .absence, .noSpace, .noDescriptors:
                guard let record = try database.torrent(files.metainfo.infoHash) else { return false }
                _ = try files.survey(record, fetchesMissing: false)
                return try files.missingBytes() <= Directory.freeBytes(files.directory) ?? .max
            }
        } catch {
            return false
        }
    }
}
