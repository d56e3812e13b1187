import Foundation
import GRDB

/// How the database file comes to be open, whole, and of this version.
extension NodeDatabase {
    static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "node-database"
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // FULL: a commit is on the disk when the call returns, also in WAL mode.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let verdict = try queue.read { database in try String.fetchOne(database, sql: "PRAGMA quick_check(1)") }
        guard verdict == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict) }
        if try queue.read({ database in try migrator.hasBeenSuperseded(database) }) {
            throw NodeDatabaseError.newer(path: path)
        }
        try migrator.migrate(queue)
        return queue
    }

    static func isDamage(_ error: DatabaseError) -> Bool {
        [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
    }

    /// Renames the file, with what SQLite keeps beside it; nothing is deleted.
    static func setAside(_ path: String) throws -> String {
        let kept = "\(path).corrupt-\(Int(Date().timeIntervalSince1970))"
        let files = FileManager.default
        for suffix in ["", "-wal", "-shm"] where files.fileExists(atPath: path + suffix) {
            if files.fileExists(atPath: kept + suffix) { try files.removeItem(atPath: kept + suffix) }
            try files.moveItem(atPath: path + suffix, toPath: kept + suffix)
        }
        return kept
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: torrents and file stamps") { database in
            try database.execute(
                sql: """
                    CREATE TABLE torrent (
                        id INTEGER PRIMARY KEY,
                        info_hash BLOB NOT NULL UNIQUE CHECK (length(info_hash) = 20),
                        metainfo BLOB NOT NULL,
                        directory BLOB NOT NULL,
                        is_paused INTEGER NOT NULL,
                        added_at INTEGER NOT NULL,
                        verified BLOB NOT NULL,
                        peers TEXT NOT NULL DEFAULT '',
                        downloaded INTEGER NOT NULL DEFAULT 0,
                        uploaded INTEGER NOT NULL DEFAULT 0,
                        wasted INTEGER NOT NULL DEFAULT 0,
                        hash_failed INTEGER NOT NULL DEFAULT 0,
                        is_clean INTEGER NOT NULL DEFAULT 0
                    );
                    CREATE TABLE file_stamp (
                        torrent_id INTEGER NOT NULL REFERENCES torrent (id) ON DELETE CASCADE,
                        file INTEGER NOT NULL,
                        size INTEGER NOT NULL,
                        modified INTEGER NOT NULL,
                        PRIMARY KEY (torrent_id, file)
                    ) WITHOUT ROWID;
                    """
            )
        }
        migrator.registerMigration("2: the port of the last run") { database in
            try database.execute(
                sql: """
                    CREATE TABLE listener (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        preferred INTEGER NOT NULL,
                        port INTEGER NOT NULL
                    );
                    """
            )
        }
        migrator.registerMigration("3: checks that are not over") { database in
            try database.execute(
                sql: """
                    CREATE TABLE piece_check (
                        torrent_id INTEGER PRIMARY KEY REFERENCES torrent (id) ON DELETE CASCADE,
                        unchecked BLOB NOT NULL,
                        before BLOB,
                        bytes_total INTEGER NOT NULL,
                        is_halted INTEGER NOT NULL
                    );
                    ALTER TABLE torrent ADD COLUMN bad_pieces INTEGER NOT NULL DEFAULT 0;
                    """
            )
        }
        registerChoices(&migrator)
        migrator.registerMigration("4: volumes, moves, and torrents that wait for a person") { database in
            try database.execute(
                sql: """
                    ALTER TABLE torrent ADD COLUMN mount_point BLOB;
                    ALTER TABLE torrent ADD COLUMN held TEXT;
                    ALTER TABLE torrent ADD COLUMN move_phase INTEGER;
                    ALTER TABLE torrent ADD COLUMN move_folder BLOB;
                    ALTER TABLE piece_check ADD COLUMN is_asked INTEGER NOT NULL DEFAULT 0;
                    UPDATE piece_check SET is_asked = before IS NOT NULL;
                    """
            )
        }
        migrator.registerMigration("5: peers of torrents, super-seeding, deadlines of files") { database in
            try database.execute(
                sql: """
                    ALTER TABLE torrent_options ADD COLUMN connections INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE torrent_options ADD COLUMN upload_slots INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE torrent_options ADD COLUMN is_super_seeding INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE torrent_options ADD COLUMN deadlines TEXT NOT NULL DEFAULT '';
                    """
            )
        }
        return migrator
    }

    private static func registerChoices(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("options of torrents, limits of the node") { database in
            try database.execute(
                sql: """
                    CREATE TABLE torrent_options (
                        torrent_id INTEGER PRIMARY KEY REFERENCES torrent (id) ON DELETE CASCADE,
                        priorities BLOB NOT NULL,
                        is_sequential INTEGER NOT NULL,
                        down_limit INTEGER NOT NULL,
                        up_limit INTEGER NOT NULL,
                        seed_ratio REAL,
                        seed_seconds REAL
                    );
                    ALTER TABLE torrent ADD COLUMN queue_position INTEGER;
                    ALTER TABLE torrent ADD COLUMN seeding_seconds INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE node_limits (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        down_limit INTEGER,
                        up_limit INTEGER,
                        alternative TEXT
                    );
                    """
            )
        }
    }
}
