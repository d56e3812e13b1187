package import BitTorrentTypes
import Foundation
import GRDB

/// Why the node's database could not do what was asked.
package enum NodeDatabaseError: Error, Hashable {
    /// Made by a newer version of the program, which this one must not touch.
    case newer(path: String)
    case failed(path: String, reason: String)
}

extension NodeDatabaseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .newer(let path): "\(path) was made by a newer version: use that version, or move the file away"
        case .failed(let path, let reason): "the database \(path) failed: \(reason)"
        }
    }
}

/// The torrents of one peer-node, their verified pieces and counters: SQLite in WAL mode, flushed at each commit.
///
/// One connection, one transaction at a time; every call blocks until the disk has it.
package final class NodeDatabase: Sendable {
    package let path: String
    private let queue: DatabaseQueue

    /// Opens the database at `path`, made when it is lacking.
    ///
    /// A damaged one is kept beside it as `.corrupt-<time>` and `onCorruption` is told where.
    package init(path: String, onCorruption: (_ keptAs: String) -> Void = { _ in }) throws(NodeDatabaseError) {
        self.path = path
        do {
            do {
                queue = try Self.open(path)
            } catch let error as DatabaseError where Self.isDamage(error) {
                onCorruption(try Self.setAside(path))
                queue = try Self.open(path)
            }
        } catch let error as NodeDatabaseError {
            throw error
        } catch {
            throw .failed(path: path, reason: String(describing: error))
        }
    }

    package func torrents() throws(NodeDatabaseError) -> [TorrentRecord] { try torrents(where: "", []) }

    private func torrents(
        where condition: String,
        _ arguments: StatementArguments
    ) throws(NodeDatabaseError) -> [TorrentRecord] {
        try perform { database in
            let sql = "SELECT * FROM torrent \(condition) ORDER BY id"
            return try Row.fetchAll(database, sql: sql, arguments: arguments).compactMap { row in
                guard var record = Self.record(row) else { return nil }
                let id: Int64 = row["id"]
                let stamps = try Row.fetchAll(
                    database,
                    sql: "SELECT file, size, modified FROM file_stamp WHERE torrent_id = ?",
                    arguments: [id]
                )
                for stamp in stamps {
                    record.stamps[stamp["file"]] = FileStamp(size: stamp["size"], modified: stamp["modified"])
                }
                return record
            }
        }
    }

    /// The torrent as it was recorded last.
    package func torrent(_ infoHash: InfoHash) throws(NodeDatabaseError) -> TorrentRecord? {
        try torrents(where: "WHERE info_hash = ?", [Data(infoHash.bytes)]).first
    }

    /// Adds a torrent, or puts the new values in the place of the old.
    package func save(_ record: TorrentRecord) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: """
                    INSERT INTO torrent (info_hash, metainfo, directory, is_paused, added_at, verified, peers)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (info_hash) DO UPDATE SET metainfo = excluded.metainfo,
                        directory = excluded.directory, is_paused = excluded.is_paused, peers = excluded.peers
                    """,
                arguments: [
                    Data(record.infoHash.bytes), Data(record.metainfo), Data(record.directory), record.isPaused,
                    record.addedAt, Data(record.verified), Self.text(record.peers),
                ]
            )
        }
    }

    package func remove(_ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(sql: "DELETE FROM torrent WHERE info_hash = ?", arguments: [Data(infoHash.bytes)])
        }
    }

    package func setPaused(_ isPaused: Bool, _ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: "UPDATE torrent SET is_paused = ? WHERE info_hash = ?",
                arguments: [isPaused, Data(infoHash.bytes)]
            )
        }
    }

    /// Puts the same torrent with other trackers in the place of the old.
    package func setMetainfo(_ bytes: [UInt8], _ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: "UPDATE torrent SET metainfo = ? WHERE info_hash = ?",
                arguments: [Data(bytes), Data(infoHash.bytes)]
            )
        }
    }

    /// Keeps the peers that a person named, for later runs.
    package func setPeers(_ peers: [PeerAddress], _ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: "UPDATE torrent SET peers = ? WHERE info_hash = ?",
                arguments: [Self.text(peers), Data(infoHash.bytes)]
            )
        }
    }

    /// An address a line.
    private static func text(_ peers: [PeerAddress]) -> String { peers.map(\.description).joined(separator: "\n") }

    /// What one torrent brings into a transaction of ``record(_:)``.
    package struct Progress: Sendable {
        package let infoHash: InfoHash
        package let verified: Bitfield
        package let counters: RecordedCounters
        /// New stamps; files not named keep theirs.
        package let stamps: [Int: FileStamp]
        package let isClean: Bool

        package init(
            infoHash: InfoHash,
            verified: Bitfield,
            counters: RecordedCounters,
            stamps: [Int: FileStamp],
            isClean: Bool = false
        ) {
            self.infoHash = infoHash
            self.verified = verified
            self.counters = counters
            self.stamps = stamps
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
                            is_clean = ? WHERE info_hash = ?
                        """,
                    arguments: [
                        Data(one.verified.bytes), counters.downloaded, counters.uploaded, counters.wasted,
                        counters.hashFailed, one.isClean, Data(one.infoHash.bytes),
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
            }
        }
    }

    /// The port that a run with this `preferred` one listened on last; another wish starts afresh.
    package func listenPort(preferring preferred: UInt16) throws(NodeDatabaseError) -> UInt16? {
        try perform { database in
            let sql = "SELECT port FROM listener WHERE preferred = ?"
            return try Int.fetchOne(database, sql: sql, arguments: [Int(preferred)]).flatMap(UInt16.init(exactly:))
        }
    }

    package func setListenPort(_ port: UInt16, preferring preferred: UInt16) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO listener (id, preferred, port) VALUES (1, ?, ?)",
                arguments: [Int(preferred), Int(port)]
            )
        }
    }

    /// Ends with everything in the one file.
    package func close() throws(NodeDatabaseError) {
        do { try queue.close() } catch { throw .failed(path: path, reason: String(describing: error)) }
    }

    private func perform<Value>(_ body: (Database) throws -> Value) throws(NodeDatabaseError) -> Value {
        do {
            return try queue.write(body)
        } catch {
            throw .failed(path: path, reason: String(describing: error))
        }
    }

    /// A row whose info-hash is no info-hash was not written by us.
    private static func record(_ row: Row) -> TorrentRecord? {
        guard let infoHash = InfoHash(bytes(row, "info_hash")) else { return nil }
        var record = TorrentRecord(
            infoHash: infoHash,
            metainfo: bytes(row, "metainfo"),
            directory: bytes(row, "directory"),
            isPaused: row["is_paused"],
            addedAt: row["added_at"],
            verifiedBytes: bytes(row, "verified")
        )
        record.counters.downloaded = row["downloaded"]
        record.counters.uploaded = row["uploaded"]
        record.counters.wasted = row["wasted"]
        record.counters.hashFailed = row["hash_failed"]
        record.isClean = row["is_clean"]
        let peers: String = row["peers"]
        record.peers = peers.split(separator: "\n").compactMap { PeerAddress(String($0)) }
        return record
    }

    private static func bytes(_ row: Row, _ column: String) -> [UInt8] {
        let data: Data? = row[column]
        return data.map { Array($0) } ?? []
    }
}
