package import BitTorrentTypes
import Foundation
import GRDB

/// The torrents of one peer-node, their verified pieces and counters: SQLite in WAL mode, flushed at each commit.
///
/// One connection, one transaction at a time; every call blocks until the disk has it.
package final class NodeDatabase: Sendable {
    package let path: String
    private let queue: DatabaseQueue

    /// The folder that the database is in.
    package var directory: [UInt8] { Array(URL(filePath: path).deletingLastPathComponent().path.utf8) }

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
        } catch {
            throw NodeDatabaseError(error, path: path)
        }
    }

    package func torrents() throws(NodeDatabaseError) -> [TorrentRecord] { try torrents(where: "", []) }

    private func torrents(
        where condition: String,
        _ arguments: StatementArguments
    ) throws(NodeDatabaseError) -> [TorrentRecord] {
        try perform { database in
            // Prepared once: that takes longer than to run them.
            let torrents = try database.cachedStatement(sql: "SELECT * FROM torrent \(condition) ORDER BY id")
            let stampsOf = try database.cachedStatement(
                sql: "SELECT file, size, modified FROM file_stamp WHERE torrent_id = ?"
            )
            let checkOf = try database.cachedStatement(sql: "SELECT * FROM piece_check WHERE torrent_id = ?")
            let optionsOf = try database.cachedStatement(sql: "SELECT * FROM torrent_options WHERE torrent_id = ?")
            return try Row.fetchAll(torrents, arguments: arguments).compactMap { row in
                guard var record = Self.record(row) else { return nil }
                let id = row.cell("id", as: Int64.self)
                for row in try Row.fetchAll(stampsOf, arguments: [id]) {
                    // Without its stamp a file is hashed.
                    guard let file = row.cell("file", as: Int.self), let size = row.cell("size", as: Int.self),
                        let modified = row.cell("modified", as: Int.self)
                    else { continue }
                    record.stamps[file] = FileStamp(size: size, modified: modified)
                }
                record.check = try Row.fetchOne(checkOf, arguments: [id]).map(Self.check)
                record.options =
                    try Row.fetchOne(optionsOf, arguments: [id]).map(Self.options) ?? TorrentOptions()
                return record
            }
        }
    }

    /// The torrent as it was recorded last.
    package func torrent(_ infoHash: InfoHash) throws(NodeDatabaseError) -> TorrentRecord? {
        try torrents(where: "WHERE info_hash = ?", [Data(infoHash.bytes)]).first
    }

    /// Adds a torrent, or puts the new values in the place of the old; returns its number.
    @discardableResult
    package func save(_ record: TorrentRecord) throws(NodeDatabaseError) -> Int {
        try perform { database in
            try database.execute(
                sql: """
                    INSERT INTO torrent (info_hash, metainfo, directory, is_paused, added_at, verified, peers, mount_point)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (info_hash) DO UPDATE SET metainfo = excluded.metainfo,
                        directory = excluded.directory, is_paused = excluded.is_paused, peers = excluded.peers,
                        mount_point = excluded.mount_point
                    """,
                arguments: [
                    Data(record.infoHash.bytes), Data(record.metainfo), Data(record.directory), record.isPaused,
                    record.addedAt, Data(record.verified), Self.text(record.peers),
                    record.volume.map { Data($0.mountPoint) },
                ]
            )
            if let check = record.check { try Self.put(check, of: record.infoHash, in: database) }
            try Self.put(record.options, of: record.infoHash, in: database)
            let sql = "SELECT id FROM torrent WHERE info_hash = ?"
            return try Int.fetchOne(database, sql: sql, arguments: [Data(record.infoHash.bytes)]) ?? .max
        }
    }

    package func remove(_ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(sql: "DELETE FROM torrent WHERE info_hash = ?", arguments: [Data(infoHash.bytes)])
        }
    }

    /// Pauses or resumes a torrent, and a check that is not over with it.
    package func setPaused(_ isPaused: Bool, _ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: """
                    UPDATE piece_check SET is_halted = ?
                    WHERE torrent_id = (SELECT id FROM torrent WHERE info_hash = ?)
                    """,
                arguments: [isPaused, Data(infoHash.bytes)]
            )
            try database.execute(
                sql: """
                    UPDATE torrent SET is_paused = ?1, held = CASE WHEN ?1 THEN held END WHERE info_hash = ?2
                    """,
                arguments: [isPaused, Data(infoHash.bytes)]
            )
        }
    }

    /// Keeps a torrent stopped, also over restarts, until a person resumes or rechecks it; `reason` is for them.
    package func hold(_ infoHash: InfoHash, because reason: String) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: "UPDATE torrent SET held = ? WHERE info_hash = ?",
                arguments: [reason, Data(infoHash.bytes)]
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

    /// The port that a run with this `preferred` one listened on last; another wish starts afresh.
    package func listenPort(preferring preferred: UInt16) throws(NodeDatabaseError) -> UInt16? {
        try perform { database in
            let sql = "SELECT port FROM listener WHERE preferred = ?"
            let row = try Row.fetchOne(database, sql: sql, arguments: [Int(preferred)])
            return row?.cell("port", as: Int.self).flatMap(UInt16.init(exactly:))
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
        do { try queue.close() } catch { throw NodeDatabaseError(error, path: path) }
    }

    func perform<Value>(_ body: (Database) throws -> Value) throws(NodeDatabaseError) -> Value {
        do {
            return try queue.write(body)
        } catch {
            throw NodeDatabaseError(error, path: path)
        }
    }

    /// A row whose info-hash is no info-hash was not written by us.
    private static func record(_ row: Row) -> TorrentRecord? {
        guard let infoHash = InfoHash(row.bytes("info_hash")) else { return nil }
        var record = TorrentRecord(
            infoHash: infoHash,
            metainfo: row.bytes("metainfo"),
            directory: row.bytes("directory"),
            isPaused: row.cell("is_paused") ?? false,
            addedAt: row.cell("added_at") ?? 0,
            verifiedBytes: row.bytes("verified")
        )
        record.number = row.cell("id") ?? 0
        record.counters.downloaded = row.counter("downloaded")
        record.counters.uploaded = row.counter("uploaded")
        record.counters.wasted = row.counter("wasted")
        record.counters.hashFailed = row.counter("hash_failed")
        record.counters.badPieces = row.counter("bad_pieces")
        record.counters.seedingSeconds = row.counter("seeding_seconds")
        record.queuePosition = row.cell("queue_position")
        // The stricter, when it is not known.
        record.isClean = row.cell("is_clean") ?? true
        record.held = row.cell("held")
        record.move = move(row)
        record.volume = row.cell("mount_point", as: Data.self).map { Volume(mountPoint: Array($0)) }
        let peers = row.cell("peers") ?? ""
        record.peers = peers.split(separator: "\n").compactMap { PeerAddress(String($0)) }
        return record
    }

    private static func check(_ row: Row) -> RecordedCheck {
        RecordedCheck(
            unchecked: row.bytes("unchecked"),
            before: row.cell("before", as: Data.self).map { Array($0) },
            isAsked: row.cell("is_asked") ?? false,
            bytesTotal: row.counter("bytes_total"),
            isHalted: row.cell("is_halted") ?? false
        )
    }
}
