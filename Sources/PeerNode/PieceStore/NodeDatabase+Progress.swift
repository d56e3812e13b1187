package import BitTorrentTypes
import Foundation
import GRDB

/// Verified pieces, what is left of a check, and counters: what changes while a torrent runs.
extension NodeDatabase {
    /// What one torrent brings into a transaction of ``record(_:)``.
    package struct Progress: Sendable {
        /// What becomes of the torrent's recorded check.
        package enum Check: Sendable {
            case unchanged
            case begun(RecordedCheck)
            /// These pieces are still to be looked at; the check is over when there are none.
            case left(Bitfield)
            case ended
        }

        package let infoHash: InfoHash
        package let verified: Bitfield
        package let counters: RecordedCounters
        /// New stamps; files not named keep theirs.
        package let stamps: [Int: FileStamp]
        package let check: Check
        package let isClean: Bool

        package init(
            infoHash: InfoHash,
            verified: Bitfield,
            counters: RecordedCounters,
            stamps: [Int: FileStamp],
            check: Check = .unchanged,
            isClean: Bool = false
        ) {
            self.infoHash = infoHash
            self.verified = verified
            self.counters = counters
            self.stamps = stamps
            self.check = check
            self.isClean = isClean
        }
    }

    /// Writes the progress of several torrents in one transaction; their bytes must be on the disk already.
    package func record(_ progress: [Progress]) throws(NodeDatabaseError) {
        try perform { database in
            for one in progress {
                let counters = one.counters
                try database.execute(
                    sql: """
                        UPDATE torrent SET verified = ?, downloaded = ?, uploaded = ?, wasted = ?, hash_failed = ?,
                            bad_pieces = ?, seeding_seconds = ?, is_clean = ? WHERE info_hash = ?
                        """,
                    arguments: [
                        Data(one.verified.bytes), counters.downloaded, counters.uploaded, counters.wasted,
                        counters.hashFailed, counters.badPieces, counters.seedingSeconds, one.isClean,
                        Data(one.infoHash.bytes),
                    ]
                )
                for (file, stamp) in one.stamps {
                    try database.execute(
                        sql: """
                            INSERT OR REPLACE INTO file_stamp (torrent_id, file, size, modified)
                            SELECT id, ?, ?, ? FROM torrent WHERE info_hash = ?
                            """,
                        arguments: [file, stamp.size, stamp.modified, Data(one.infoHash.bytes)]
                    )
                }
                switch one.check {
                case .unchanged: break
                case .begun(let check): try Self.put(check, of: one.infoHash, in: database)
                case .left(let unchecked) where !unchecked.isEmpty:
                    try database.execute(
                        sql: "UPDATE piece_check SET unchecked = ? \(Self.ofTorrent)",
                        arguments: [Data(unchecked.bytes), Data(one.infoHash.bytes)]
                    )
                case .left, .ended:
                    try database.execute(
                        sql: "DELETE FROM piece_check \(Self.ofTorrent)",
                        arguments: [Data(one.infoHash.bytes)]
                    )
                }
            }
        }
    }

    /// Marks every piece as still to be looked at, because a person asked for it; what is verified stays so till then.
    package func beginRecheck(_ infoHash: InfoHash, pieceCount: Int) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO piece_check (torrent_id, unchecked, before, is_asked, bytes_total, is_halted)
                    SELECT id, ?, COALESCE((SELECT before FROM piece_check WHERE torrent_id = id), verified), 1, 0, 0
                    FROM torrent WHERE info_hash = ?
                    """,
                arguments: [Data(Bitfield(allOf: pieceCount).bytes), Data(infoHash.bytes)]
            )
            try database.execute(
                sql: "UPDATE torrent SET bad_pieces = 0, held = NULL WHERE info_hash = ?",
                arguments: [Data(infoHash.bytes)]
            )
        }
    }

    static func put(_ check: RecordedCheck, of infoHash: InfoHash, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO piece_check (torrent_id, unchecked, before, is_asked, bytes_total, is_halted)
                SELECT id, ?, ?, ?, ?, ? FROM torrent WHERE info_hash = ?
                """,
            arguments: [
                Data(check.unchecked), check.before.map { Data($0) }, check.isAsked, check.bytesTotal, check.isHalted,
                Data(infoHash.bytes),
            ]
        )
    }

    private static let ofTorrent = "WHERE torrent_id = (SELECT id FROM torrent WHERE info_hash = ?)"
}
