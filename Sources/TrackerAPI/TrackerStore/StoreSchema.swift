import GRDB

/// The tables, and how to tell whether a file holds them unharmed.
enum StoreSchema {
    /// What is wrong with a database that SQLite can open.
    enum Harm: Error {
        case damaged(String)
        case newer
    }

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
        return migrator
    }

    /// Brings a file of any earlier version to this one.
    ///
    /// Indexes are made here and not in a migration, so that a lost one comes back.
    static func prepare(_ database: any DatabaseWriter) throws {
        let migrator = Self.migrator
        guard try database.read(migrator.hasBeenSuperseded) == false else { throw Harm.newer }
        try database.read(inspect)
        try migrator.migrate(database)
        try database.write { database in
            try database.execute(
                sql: """
                    CREATE INDEX IF NOT EXISTS torrents_by_name ON torrents (name COLLATE NOCASE, info_hash);
                    CREATE INDEX IF NOT EXISTS torrents_by_date ON torrents (created_at, info_hash);
                    CREATE INDEX IF NOT EXISTS torrents_by_size ON torrents (size, info_hash);
                    CREATE INDEX IF NOT EXISTS peers_by_torrent ON peers (info_hash);
                    """
            )
        }
        try database.read(confirmColumns)
    }

    /// Looks for damaged pages, and for triggers and views, which this program never makes.
    private static func inspect(_ database: Database) throws {
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
        guard verdict == "ok" else { throw Harm.damaged(verdict) }
        let foreign = try String.fetchOne(
            database,
            sql: "SELECT type || ' ' || name FROM sqlite_master WHERE type IN ('trigger', 'view') LIMIT 1"
        )
        if let foreign { throw Harm.damaged("it holds a \(foreign) that is not ours") }
    }

    private static func confirmColumns(_ database: Database) throws {
        let needed: [String: Set<String>] = [
            "torrents": [
                "info_hash", "name", "size", "piece_length", "pieces", "files", "private", "created_at", "uploader",
                "completed", "path", "metainfo",
            ],
            "peers": [
                "info_hash", "ip", "port", "peer_id", "uploaded", "downloaded", "left_bytes", "last_seen",
                "key", "has_completed",
            ],
            "users": ["id", "name", "password_hash", "role", "created_at", "disabled"],
            "service": ["key", "value"],
        ]
        for (table, columns) in needed {
            let present = Set(try database.columns(in: table).map(\.name))
            guard columns.isSubset(of: present) else { throw Harm.damaged("table \(table) lacks columns") }
        }
    }
}
