import GRDB

/// The tables, and how to tell whether a file holds them unharmed.
enum StoreSchema {
    /// What is wrong with a database that SQLite can open.
    enum Harm: Error {
        case damaged(String)
        case newer
        /// It cannot be kept as it was, so it is not changed.
        case cannotCopy(String)
    }

    /// Bytes up to which every page is looked at before the file is used; larger files would hold up the start.
    static let checkLimit = 128 << 20

    /// Brings a file of any earlier version to this one.
    ///
    /// Indexes are made here and not in a migration, so that a lost one comes back. With `checkingPages` every page is
    /// looked at first; when tables have to change, the file is kept at `copy` as it was.
    static func prepare(_ database: DatabasePool, checkingPages: Bool, copy: String) throws {
        let migrator = Self.migrator
        guard try database.read(migrator.hasBeenSuperseded) == false else { throw Harm.newer }
        if checkingPages, let verdict = try database.read(verdict) { throw Harm.damaged(verdict) }
        try database.read(refuseForeignParts)
        let applied = try database.read(migrator.appliedMigrations)
        if !applied.isEmpty, applied.count < migrator.migrations.count {
            do {
                try database.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
            } catch let error as DatabaseError {
                throw Harm.cannotCopy("it cannot be copied to \(copy) before it is changed: \(error.message ?? "")")
            }
        }
        try migrator.migrate(database)
        try database.write { database in
            // Nothing needs it, but a file that cannot be written should say so now.
            try database.execute(sql: "PRAGMA user_version = \(migrator.migrations.count)")
            try database.execute(
                sql: """
                    CREATE INDEX IF NOT EXISTS torrents_by_name ON torrents (name COLLATE NOCASE, info_hash);
                    CREATE INDEX IF NOT EXISTS torrents_by_date ON torrents (created_at, info_hash);
                    CREATE INDEX IF NOT EXISTS torrents_by_size ON torrents (size, info_hash);
                    CREATE INDEX IF NOT EXISTS torrents_by_category ON torrents (category, created_at, info_hash);
                    CREATE INDEX IF NOT EXISTS torrents_by_path ON torrents (path) WHERE path IS NOT NULL;
                    """
            )
        }
        try database.read(confirmColumns)
        try database.write(SearchIndex.prepare)
    }

    /// What SQLite finds wrong with the pages; `nil` when they are whole.
    static func verdict(_ database: Database) throws -> String? {
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
        return verdict == "ok" ? nil : verdict
    }

    /// This program never makes triggers or views.
    private static func refuseForeignParts(_ database: Database) throws {
        let foreign = try String.fetchOne(
            database,
            sql: "SELECT type || ' ' || name FROM sqlite_master WHERE type IN ('trigger', 'view') LIMIT 1"
        )
        if let foreign { throw Harm.damaged("it holds a \(foreign) that is not ours") }
    }

    private static func confirmColumns(_ database: Database) throws {
        let needed: [String: Set<String>] = [
            "torrents": [
                "id", "info_hash", "info_hash_v2", "name", "size", "piece_length", "pieces", "files", "private",
                "created_at", "updated_at", "uploader", "category", "description", "completed", "seeders", "leechers",
                "path", "metainfo",
            ],
            "tags": ["torrent_id", "tag"],
            "users": ["id", "name", "password_hash", "role", "created_at", "disabled"],
            "service": ["key", "value"],
        ]
        for (table, columns) in needed {
            let present = Set(try database.columns(in: table).map(\.name))
            guard columns.isSubset(of: present) else { throw Harm.damaged("table \(table) lacks columns") }
        }
    }
}
