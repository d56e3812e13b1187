import GRDB

/// The words of the catalogue: names, file names, descriptions, categories and tags.
///
/// It is made of the other tables and can be made anew at any time, so damage to it costs no torrent.
/// - Source: SQLite FTS5; `rowid` is the id of the torrent.
enum SearchIndex {
    private static let definition = """
        CREATE VIRTUAL TABLE torrent_search USING fts5 (name, files, description, labels,
            tokenize = 'unicode61 remove_diacritics 2')
        """

    /// Makes the index when it is missing or not ours, and takes in torrents that it lacks.
    static func prepare(_ database: Database) throws {
        let found = try Row.fetchOne(database, sql: "SELECT sql FROM sqlite_master WHERE name = 'torrent_search'")
        if found?.cell(0, as: String.self) != definition { try remake(database) }
        try fill(database)
    }

    static func rebuild(_ database: Database) throws {
        try remake(database)
        try fill(database)
    }

    /// Takes in the torrent `id` as it stands in the tables.
    static func update(_ database: Database, id: Int) throws {
        try remove(database, id: id)
        let sql = """
            SELECT name, description, category, metainfo, (SELECT group_concat(tag, ' ') FROM tags WHERE torrent_id = ?1)
            FROM torrents WHERE id = ?1
            """
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [id]) else { return }
        let text = { (column: Int) in row.cell(column, as: String.self) ?? "" }
        try database.execute(
            sql: "INSERT INTO torrent_search (rowid, name, files, description, labels) VALUES (?, ?, ?, ?, ?)",
            arguments: [id, text(0), MetainfoText.fileNames(of: row.bytes(3) ?? []), text(1), text(2) + " " + text(4)]
        )
    }

    static func remove(_ database: Database, id: Int) throws {
        try database.execute(sql: "DELETE FROM torrent_search WHERE rowid = ?", arguments: [id])
    }

    private static func remake(_ database: Database) throws {
        do {
            try database.execute(sql: "DROP TABLE IF EXISTS torrent_search")
        } catch {
            // SQLite reads these two before it drops the index, and refuses when they are damaged.
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS torrent_search_data (id INTEGER PRIMARY KEY, block BLOB);
                    INSERT OR REPLACE INTO torrent_search_data VALUES (1, x''), (10, x'00000000000000');
                    CREATE TABLE IF NOT EXISTS torrent_search_config (k PRIMARY KEY, v) WITHOUT ROWID;
                    INSERT OR REPLACE INTO torrent_search_config VALUES ('version', 4);
                    DROP TABLE IF EXISTS torrent_search
                    """
            )
        }
        try database.execute(sql: definition)
    }

    private static func fill(_ database: Database) throws {
        let missing = "SELECT id FROM torrents WHERE id NOT IN (SELECT id FROM torrent_search_content)"
        for id in try Int.fetchAll(database, sql: missing) { try update(database, id: id) }
        let stray = "SELECT id FROM torrent_search_content WHERE id NOT IN (SELECT id FROM torrents)"
        for id in try Int.fetchAll(database, sql: stray) { try remove(database, id: id) }
    }
}

extension TrackerStore {
    /// How a damaged index shows; other damage shows again at the second attempt.
    private static let damage: [ResultCode] = [.SQLITE_CORRUPT, .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH]

    /// Runs `body` in a transaction; an index that turns out to be damaged is made anew, and `body` runs again.
    func writeSearched<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch let error as DatabaseError where Self.damage.contains(error.resultCode) {
            try await pool.write(SearchIndex.rebuild)
            return try await pool.write(body)
        }
    }

    /// The same for reading.
    func readSearched<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError where Self.damage.contains(error.resultCode) {
            try await pool.write(SearchIndex.rebuild)
            return try await pool.read(body)
        }
    }
}
