import BitTorrentTypes
import GRDB
import Metainfo

extension StoreSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 torrents, peers, users, service") { database in
            try database.execute(
                sql: """
                    CREATE TABLE torrents (
                        info_hash TEXT NOT NULL PRIMARY KEY CHECK (length(info_hash) = 40),
                        name TEXT NOT NULL,
                        size INTEGER NOT NULL,
                        piece_length INTEGER NOT NULL,
                        pieces INTEGER NOT NULL,
                        files INTEGER NOT NULL,
                        private INTEGER NOT NULL,
                        created_at INTEGER NOT NULL,
                        uploader TEXT,
                        completed INTEGER NOT NULL DEFAULT 0,
                        path TEXT,
                        metainfo BLOB NOT NULL
                    );
                    CREATE TABLE peers (
                        info_hash TEXT NOT NULL,
                        ip TEXT NOT NULL,
                        port INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
                        peer_id BLOB NOT NULL CHECK (length(peer_id) = 20),
                        uploaded INTEGER NOT NULL,
                        downloaded INTEGER NOT NULL,
                        left_bytes INTEGER NOT NULL,
                        last_seen INTEGER NOT NULL,
                        key BLOB,
                        has_completed INTEGER NOT NULL
                    );
                    CREATE TABLE users (
                        id INTEGER PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
                        password_hash TEXT NOT NULL,
                        role TEXT NOT NULL DEFAULT 'user',
                        created_at INTEGER NOT NULL,
                        disabled INTEGER NOT NULL DEFAULT 0
                    );
                    CREATE TABLE service (
                        key TEXT NOT NULL PRIMARY KEY,
                        value TEXT NOT NULL
                    );
                    """
            )
        }
        migrator.registerMigration("2 torrents with version 2, category, description, tags, counters") { database in
            // The payload of a row comes last, so that looking through the other columns does not read it.
            try database.execute(
                sql: """
                    CREATE TABLE torrents_2 (
                        id INTEGER PRIMARY KEY,
                        info_hash TEXT NOT NULL UNIQUE CHECK (length(info_hash) = 40),
                        info_hash_v2 TEXT CHECK (length(info_hash_v2) = 64),
                        name TEXT NOT NULL,
                        size INTEGER NOT NULL,
                        piece_length INTEGER NOT NULL,
                        pieces INTEGER NOT NULL,
                        files INTEGER NOT NULL,
                        private INTEGER NOT NULL,
                        created_at INTEGER NOT NULL,
                        updated_at INTEGER NOT NULL,
                        uploader TEXT,
                        category TEXT NOT NULL DEFAULT '',
                        description TEXT NOT NULL DEFAULT '',
                        completed INTEGER NOT NULL DEFAULT 0,
                        seeders INTEGER NOT NULL DEFAULT 0,
                        leechers INTEGER NOT NULL DEFAULT 0,
                        path TEXT,
                        metainfo BLOB NOT NULL
                    );
                    INSERT INTO torrents_2 (info_hash, name, size, piece_length, pieces, files, private, created_at,
                        updated_at, uploader, completed, path, metainfo)
                    SELECT info_hash, name, size, piece_length, pieces, files, private, created_at,
                        created_at, uploader, completed, path, metainfo
                    FROM torrents ORDER BY created_at, info_hash;
                    DROP TABLE torrents;
                    ALTER TABLE torrents_2 RENAME TO torrents;
                    CREATE TABLE tags (
                        tag TEXT NOT NULL,
                        torrent_id INTEGER NOT NULL REFERENCES torrents (id) ON DELETE CASCADE,
                        PRIMARY KEY (tag, torrent_id)
                    ) WITHOUT ROWID;
                    CREATE INDEX tags_by_torrent ON tags (torrent_id);
                    """
            )
            try addVersionTwo(database)
        }
        // Swarms live in memory and in snapshots; a row per peer was a write per announce.
        migrator.registerMigration("3 no peers") { database in
            try database.execute(sql: "DROP TABLE IF EXISTS peers")
        }
        return migrator
    }

    /// Torrents that were listed before the column was there get the info-hash of their version 2.
    private static func addVersionTwo(_ database: Database) throws {
        for id in try Int.fetchAll(database, sql: "SELECT id FROM torrents") {
            let row = try Row.fetchOne(database, sql: "SELECT metainfo FROM torrents WHERE id = ?", arguments: [id])
            guard let bytes = row?.bytes(0), let infoHash = MetainfoText.parse(bytes)?.infoHashV2 else { continue }
            let sql = "UPDATE torrents SET info_hash_v2 = ? WHERE id = ?"
            try database.execute(sql: sql, arguments: [infoHash.hex, id])
        }
    }
}
