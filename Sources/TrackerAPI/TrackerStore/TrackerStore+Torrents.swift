package import BitTorrentTypes
import GRDB

extension TrackerStore {
    /// Lists `torrent` from now on; committed when this returns.
    ///
    /// Returns false, and changes nothing, when its info-hash is listed already.
    package func insert(_ torrent: CatalogueTorrent, metainfo: [UInt8]) async throws(TrackerStoreError) -> Bool {
        do {
            return try await pool.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO torrents (info_hash, name, size, piece_length, pieces, files, private, created_at,
                            uploader, completed, path, metainfo)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (info_hash) DO NOTHING
                        """,
                    arguments: [
                        torrent.infoHash.hex, torrent.name, torrent.size, torrent.pieceLength, torrent.pieces,
                        torrent.files, torrent.isPrivate, torrent.createdAt, torrent.uploader, torrent.completed,
                        torrent.path, metainfo.asData,
                    ]
                )
                return database.changesCount == 1
            }
        } catch { throw Self.fault(error) }
    }

    /// Lists `infoHash` no more.
    package func remove(_ infoHash: InfoHash) async throws(TrackerStoreError) {
        do {
            try await pool.write { database in
                try database.execute(sql: "DELETE FROM torrents WHERE info_hash = ?", arguments: [infoHash.hex])
            }
        } catch { throw Self.fault(error) }
    }

    package func torrent(_ infoHash: InfoHash) async throws(TrackerStoreError) -> CatalogueTorrent? {
        do {
            return try await pool.read { database in
                let sql = "SELECT \(columns) FROM torrents WHERE info_hash = ?"
                return try Row.fetchOne(database, sql: sql, arguments: [infoHash.hex]).flatMap(CatalogueTorrent.init)
            }
        } catch { throw Self.fault(error) }
    }

    /// The whole .torrent file.
    package func metainfo(_ infoHash: InfoHash) async throws(TrackerStoreError) -> [UInt8]? {
        do {
            return try await pool.read { database in
                let sql = "SELECT metainfo FROM torrents WHERE info_hash = ?"
                return try Row.fetchOne(database, sql: sql, arguments: [infoHash.hex])?.bytes(0)
            }
        } catch { throw Self.fault(error) }
    }

    /// Every listed info-hash with the number of completed downloads.
    package func completedCounts() async throws(TrackerStoreError) -> [InfoHash: Int] {
        do {
            return try await pool.read { database in
                var counts: [InfoHash: Int] = [:]
                let rows = try Row.fetchCursor(database, sql: "SELECT info_hash, completed FROM torrents")
                while let row = try rows.next() {
                    guard let infoHash = InfoHash(hex: row[0]) else { continue }
                    counts[infoHash] = row[1]
                }
                return counts
            }
        } catch { throw Self.fault(error) }
    }

    /// How many torrents are listed, and how many bytes they have together.
    package func totals() async throws(TrackerStoreError) -> (torrents: Int, bytes: Int) {
        do {
            return try await pool.read { database in
                // total() is a float and cannot overflow, as sum() can.
                let row = try Row.fetchOne(database, sql: "SELECT count(*), total(size) FROM torrents")
                guard let row else { return (0, 0) }
                let bytes: Double = row[1]
                return (row[0], Int(exactly: bytes.rounded()) ?? Int.max)
            }
        } catch { throw Self.fault(error) }
    }

    /// One page of the catalogue; torrents that compare equal keep their order from page to page.
    package func list(_ listing: TorrentListing) async throws(TrackerStoreError) -> TorrentPage {
        var conditions: [String] = []
        var arguments = StatementArguments()
        if !listing.text.isEmpty {
            conditions.append("name LIKE ? ESCAPE '\\'")
            arguments += [Self.pattern(containing: listing.text)]
        }
        if let only = listing.only {
            conditions.append("info_hash IN (SELECT value FROM json_each(?))")
            arguments += [Self.array(only)]
        }
        if !listing.except.isEmpty {
            conditions.append("info_hash NOT IN (SELECT value FROM json_each(?))")
            arguments += [Self.array(listing.except)]
        }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let direction = listing.isAscending ? "ASC" : "DESC"
        let key = listing.sort == .name ? "name COLLATE NOCASE" : listing.sort.rawValue
        let (limit, offset) = (listing.perPage, listing.offset)
        do {
            return try await pool.read { [arguments] database in
                let count = "SELECT count(*) FROM torrents \(filter)"
                let total = try Int.fetchOne(database, sql: count, arguments: arguments) ?? 0
                guard let offset, offset < total else { return TorrentPage(items: [], total: total) }
                let page = """
                    SELECT \(columns) FROM torrents \(filter)
                    ORDER BY \(key) \(direction), info_hash \(direction) LIMIT ? OFFSET ?
                    """
                let rows = try Row.fetchAll(database, sql: page, arguments: arguments + [limit, offset])
                return TorrentPage(items: rows.compactMap(CatalogueTorrent.init), total: total)
            }
        } catch { throw Self.fault(error) }
    }

    /// `text` as a LIKE pattern, in which its own `%` and `_` mean themselves.
    private static func pattern(containing text: String) -> String {
        var pattern = "%"
        for character in text.unicodeScalars {
            if character == "%" || character == "_" || character == "\\" { pattern += "\\" }
            pattern.unicodeScalars.append(character)
        }
        return pattern + "%"
    }

    /// Info-hashes as a JSON array, so that any number of them is one bound parameter.
    private static func array(_ infoHashes: [InfoHash]) -> String {
        "[" + infoHashes.map { "\"\($0.hex)\"" }.joined(separator: ",") + "]"
    }
}

private let columns = """
    info_hash, name, size, piece_length, pieces, files, private, created_at, uploader, completed, path
    """

extension CatalogueTorrent {
    /// A row of ``columns``; `nil` when its info-hash is none.
    fileprivate init?(row: Row) {
        guard let infoHash = InfoHash(hex: row[0]) else { return nil }
        self.init(
            infoHash: infoHash,
            name: row[1],
            size: row[2],
            pieceLength: row[3],
            pieces: row[4],
            files: row[5],
            isPrivate: row[6],
            createdAt: row[7],
            path: row[10]
        )
        uploader = row[8]
        completed = row[9]
    }
}
