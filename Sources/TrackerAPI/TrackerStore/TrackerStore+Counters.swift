package import BitTorrentTypes
import GRDB

/// How many peers a torrent has, as pages of the catalogue are sorted by.
package struct PeerCounts: Hashable, Sendable {
    package let seeders: Int
    package let leechers: Int

    package static let none = PeerCounts(seeders: 0, leechers: 0)

    package init(seeders: Int, leechers: Int) {
        self.seeders = seeders
        self.leechers = leechers
    }
}

extension TrackerStore {
    /// Updates in one transaction; the writer is free for uploads between two of them.
    private static let batch = 1000

    /// Writes counts that changed; torrents that are not listed are left out.
    package func saveCounts(_ counts: [InfoHash: PeerCounts]) async throws(TrackerStoreError) {
        let changes = Array(counts)
        do {
            for start in stride(from: 0, to: changes.count, by: Self.batch) {
                let batch = changes[start..<min(start + Self.batch, changes.count)]
                try await pool.write { database in
                    let update = try database.makeStatement(
                        sql: "UPDATE torrents SET seeders = ?, leechers = ? WHERE info_hash = ?"
                    )
                    for (infoHash, counts) in batch {
                        try update.execute(arguments: [counts.seeders, counts.leechers, infoHash.hex])
                    }
                }
            }
        } catch { throw fault(error) }
    }

    /// What was written last; nothing for torrents without peers.
    package func savedCounts() async throws(TrackerStoreError) -> [InfoHash: PeerCounts] {
        do {
            return try await pool.read { database in
                var counts: [InfoHash: PeerCounts] = [:]
                let sql = "SELECT info_hash, seeders, leechers FROM torrents WHERE seeders <> 0 OR leechers <> 0"
                let rows = try Row.fetchCursor(database, sql: sql)
                while let row = try rows.next() {
                    guard let infoHash = row.cell(0).flatMap({ InfoHash(hex: $0) }) else { continue }
                    counts[infoHash] = PeerCounts(seeders: row.amount(1), leechers: row.amount(2))
                }
                return counts
            }
        } catch { throw fault(error) }
    }

    /// Writes how often torrents were downloaded, in one transaction; those that are not listed are left out.
    package func saveCompleted(_ counts: [InfoHash: Int]) async throws(TrackerStoreError) {
        do {
            try await pool.write { database in
                let update = try database.makeStatement(
                    sql: "UPDATE torrents SET completed = ?1 WHERE info_hash = ?2 AND completed <> ?1"
                )
                for (infoHash, count) in counts { try update.execute(arguments: [count, infoHash.hex]) }
            }
        } catch { throw fault(error) }
    }

    /// The categories and tags there are, with how many torrents have each; the most used first.
    package func usedLabels(limit: Int) async throws(TrackerStoreError) -> (
        categories: [LabelUse], tags: [LabelUse]
    ) {
        do {
            return try await pool.read { database in
                func uses(_ sql: String) throws -> [LabelUse] {
                    try Row.fetchAll(database, sql: sql, arguments: [limit]).compactMap { row in
                        row.cell(0).map { LabelUse(name: $0, torrents: row.amount(1)) }
                    }
                }
                let categories = try uses(
                    """
                    SELECT category, count(*) FROM torrents WHERE category <> '' GROUP BY category
                    ORDER BY 2 DESC, 1 LIMIT ?
                    """
                )
                return (categories, try uses("SELECT tag, count(*) FROM tags GROUP BY tag ORDER BY 2 DESC, 1 LIMIT ?"))
            }
        } catch { throw fault(error) }
    }
}

/// A category or tag, and how many torrents have it.
package struct LabelUse: Hashable, Sendable {
    package let name: String
    package let torrents: Int
}
