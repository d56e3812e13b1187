package import BitTorrentTypes
import GRDB

extension TrackerStore {
    /// Lists `torrent` from now on; committed when this returns.
    ///
    /// Returns false, and changes nothing, when its info-hash is listed already.
    package func insert(_ torrent: CatalogueTorrent, metainfo: [UInt8]) async throws(TrackerStoreError) -> Bool {
        do {
            return try await writeSearched { database in
                try database.execute(
                    sql: """
                        INSERT INTO torrents (info_hash, info_hash_v2, name, size, piece_length, pieces, files, private,
                            created_at, updated_at, uploader, category, description, completed, path, metainfo)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (info_hash) DO NOTHING
                        """,
                    arguments: [
                        torrent.infoHash.hex, torrent.infoHashV2?.hex, torrent.name, torrent.size, torrent.pieceLength,
                        torrent.pieces, torrent.files, torrent.isPrivate, torrent.createdAt, torrent.updatedAt,
                        torrent.uploader, torrent.labels.category, torrent.labels.description, torrent.completed,
                        torrent.path, metainfo.asData,
                    ]
                )
                guard database.changesCount == 1 else { return false }
                let id = Int(database.lastInsertedRowID)
                try Self.setTags(torrent.labels.tags, of: id, in: database)
                try SearchIndex.update(database, id: id)
                return true
            }
        } catch { throw fault(error) }
    }

    /// Says something else of a torrent; false when it is not listed.
    package func label(
        _ infoHash: InfoHash,
        _ labels: TorrentLabels,
        at time: Int
    ) async throws(TrackerStoreError) -> Bool {
        do {
            return try await writeSearched { database in
                guard let id = try Self.id(of: infoHash, in: database) else { return false }
                try database.execute(
                    sql: "UPDATE torrents SET category = ?, description = ?, updated_at = ? WHERE id = ?",
                    arguments: [labels.category, labels.description, time, id]
                )
                try Self.setTags(labels.tags, of: id, in: database)
                try SearchIndex.update(database, id: id)
                return true
            }
        } catch { throw fault(error) }
    }

    /// The payload lies in the folder `path` from now on.
    package func move(_ infoHash: InfoHash, to path: String) async throws(TrackerStoreError) {
        do {
            try await pool.write { database in
                let sql = "UPDATE torrents SET path = ? WHERE info_hash = ?"
                try database.execute(sql: sql, arguments: [path, infoHash.hex])
            }
        } catch { throw fault(error) }
    }

    /// Lists `infoHash` no more; false when it was not listed.
    @discardableResult
    package func remove(_ infoHash: InfoHash) async throws(TrackerStoreError) -> Bool {
        do {
            return try await writeSearched { database in
                guard let id = try Self.id(of: infoHash, in: database) else { return false }
                try database.execute(sql: "DELETE FROM torrents WHERE id = ?", arguments: [id])
                try SearchIndex.remove(database, id: id)
                return true
            }
        } catch { throw fault(error) }
    }

    package func torrent(_ infoHash: InfoHash) async throws(TrackerStoreError) -> CatalogueTorrent? {
        try await torrent(where: "info_hash = ?", infoHash.hex)
    }

    /// The torrent whose payload came by upload into the folder `path`.
    package func torrent(at path: String) async throws(TrackerStoreError) -> CatalogueTorrent? {
        try await torrent(where: "path = ?", path)
    }

    /// The whole .torrent file.
    package func metainfo(_ infoHash: InfoHash) async throws(TrackerStoreError) -> [UInt8]? {
        do {
            return try await pool.read { database in
                let sql = "SELECT metainfo FROM torrents WHERE info_hash = ?"
                return try Row.fetchOne(database, sql: sql, arguments: [infoHash.hex])?.bytes(0)
            }
        } catch { throw fault(error) }
    }

    /// Every listed info-hash with the number of completed downloads.
    package func completedCounts() async throws(TrackerStoreError) -> [InfoHash: Int] {
        do {
            return try await pool.read { database in
                var counts: [InfoHash: Int] = [:]
                let rows = try Row.fetchCursor(database, sql: "SELECT info_hash, completed FROM torrents")
                while let row = try rows.next() {
                    guard let infoHash = row.cell(0).flatMap({ InfoHash(hex: $0) }) else { continue }
                    counts[infoHash] = row.amount(1)
                }
                return counts
            }
        } catch { throw fault(error) }
    }

    /// How many torrents are listed, and how many bytes they have together.
    package func totals() async throws(TrackerStoreError) -> (torrents: Int, bytes: Int) {
        do {
            return try await pool.read { database in
                // total() is a float and cannot overflow, as sum() can.
                let row = try Row.fetchOne(database, sql: "SELECT count(*), total(size) FROM torrents")
                let bytes = row?.cell(1, as: Double.self) ?? 0
                return (row?.amount(0) ?? 0, Int(exactly: bytes.rounded()) ?? Int.max)
            }
        } catch { throw fault(error) }
    }

    /// One page of the catalogue; torrents that compare equal keep their order from page to page.
    package func list(_ listing: TorrentListing) async throws(TrackerStoreError) -> TorrentPage {
        do {
            return try await readSearched { database in
                let query = ListingQuery(listing)
                let total = try query.count(database)
                guard let offset = listing.offset, offset < total else { return TorrentPage(items: [], total: total) }
                return TorrentPage(items: try query.page(database, offset: offset), total: total)
            }
        } catch { throw fault(error) }
    }

    private func torrent(where condition: String, _ value: String) async throws(TrackerStoreError) -> CatalogueTorrent?
    {
        do {
            return try await pool.read { database in
                let sql = "SELECT \(CatalogueTorrent.columns) FROM torrents WHERE \(condition)"
                return try Row.fetchOne(database, sql: sql, arguments: [value]).flatMap(CatalogueTorrent.init(row:))
            }
        } catch { throw fault(error) }
    }

    private static func id(of infoHash: InfoHash, in database: Database) throws -> Int? {
        let sql = "SELECT id FROM torrents WHERE info_hash = ?"
        return try Int.fetchOne(database, sql: sql, arguments: [infoHash.hex])
    }

    private static func setTags(_ tags: [String], of id: Int, in database: Database) throws {
        try database.execute(sql: "DELETE FROM tags WHERE torrent_id = ?", arguments: [id])
        for tag in tags {
            try database.execute(sql: "INSERT INTO tags (tag, torrent_id) VALUES (?, ?)", arguments: [tag, id])
        }
    }
}
