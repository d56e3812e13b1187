package import BitTorrentTypes
import Foundation
import GRDB

/// Where the files of torrents are, and where they are going.
extension NodeDatabase {
    /// Remembers where the torrent's folder is.
    package func setVolume(_ volume: Volume, _ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: "UPDATE torrent SET mount_point = ? WHERE info_hash = ?",
                arguments: [Data(volume.mountPoint), Data(infoHash.bytes)]
            )
        }
    }

    /// Remembers how far a move is, so that it is ended after a kill; `nil` when it is over.
    package func setMove(_ move: RecordedMove?, _ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: "UPDATE torrent SET move_phase = ?, move_folder = ? WHERE info_hash = ?",
                arguments: [move?.phase.rawValue, move.map { Data($0.folder) }, Data(infoHash.bytes)]
            )
        }
    }

    /// From now on the files are in `directory`; those in `old`, if there are any, are to be deleted.
    package func switchFolder(
        to directory: [UInt8],
        deletingIn old: [UInt8]?,
        _ infoHash: InfoHash
    ) throws(NodeDatabaseError) {
        let mountPoint = Volume(of: directory).mountPoint
        try perform { database in
            try database.execute(
                sql: """
                    UPDATE torrent SET directory = ?, mount_point = ?, move_phase = ?, move_folder = ?
                    WHERE info_hash = ?
                    """,
                arguments: [
                    Data(directory), Data(mountPoint), old.map { _ in RecordedMove.Phase.deleting.rawValue },
                    old.map { Data($0) }, Data(infoHash.bytes),
                ]
            )
        }
    }

    static func move(_ row: Row) -> RecordedMove? {
        guard let folder = row.cell("move_folder", as: Data.self),
            let phase = row.cell("move_phase").flatMap(RecordedMove.Phase.init)
        else { return nil }
        return RecordedMove(phase: phase, folder: Array(folder))
    }
}
