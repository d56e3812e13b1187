import BitTorrentTypes
import GRDB

/// A ``TorrentListing`` as SQL: everything from outside is a bound parameter.
struct ListingQuery {
    /// Weights of name, file names, description, labels.
    private static let rank = "bm25(torrent_search, 10, 1, 2, 4)"

    private var conditions: [String] = []
    private var arguments = StatementArguments()
    private let search: SearchQuery
    private let listing: TorrentListing

    init(_ listing: TorrentListing) {
        self.listing = listing
        search = SearchQuery(listing.text)
        if let match = search.match {
            require(
                "(id IN (SELECT rowid FROM torrent_search WHERE torrent_search MATCH ?) OR name LIKE ? ESCAPE '\\')",
                [match, search.pattern]
            )
        } else if !listing.text.isEmpty {
            require("name LIKE ? ESCAPE '\\'", [search.pattern])
        }
        if let only = listing.only { require("info_hash IN (SELECT value FROM json_each(?))", [Self.array(only)]) }
        if !listing.except.isEmpty {
            require("info_hash NOT IN (SELECT value FROM json_each(?))", [Self.array(listing.except)])
        }
        if let category = listing.category { require("category = ?", [category]) }
        for tag in listing.tags {
            require("id IN (SELECT torrent_id FROM tags WHERE tag = ?)", [tag])
        }
        if let uploader = listing.uploader { require("uploader = ?", [uploader]) }
        if let isPrivate = listing.isPrivate { require("private = ?", [isPrivate]) }
        if listing.sizes != 0...Int.max {
            require("size BETWEEN ? AND ?", [listing.sizes.lowerBound, listing.sizes.upperBound])
        }
    }

    func count(_ database: Database) throws -> Int {
        let sql = "SELECT count(*) FROM torrents \(filter)"
        return try Int.fetchOne(database, sql: sql, arguments: arguments) ?? 0
    }

    /// Torrents that compare equal keep their order from page to page.
    func page(_ database: Database, offset: Int) throws -> [CatalogueTorrent] {
        let direction = listing.isAscending ? "ASC" : "DESC"
        var (join, key) = ("", listing.sort.rawValue)
        var arguments = arguments
        switch listing.sort {
        case .name, .category:
            key += " COLLATE NOCASE"
        case .relevance:
            // What only its name brought in comes last.
            key = "ifnull(hit_rank, 0)"
            guard let match = search.match else {
                key = "name COLLATE NOCASE"
                break
            }
            join = """
                LEFT JOIN (SELECT rowid AS hit, \(Self.rank) AS hit_rank FROM torrent_search
                    WHERE torrent_search MATCH ?) ON hit = id
                """
            arguments = [match] + arguments
        case .size, .pieces, .files, .completed, .seeders, .leechers, .createdAt, .updatedAt:
            break
        }
        let sql = """
            SELECT \(CatalogueTorrent.columns) FROM torrents \(join) \(filter)
            ORDER BY \(key) \(direction), info_hash \(direction) LIMIT ? OFFSET ?
            """
        let rows = try Row.fetchAll(database, sql: sql, arguments: arguments + [listing.perPage, offset])
        return rows.compactMap(CatalogueTorrent.init(row:))
    }

    private var filter: String { conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ") }

    private mutating func require(_ condition: String, _ values: StatementArguments) {
        conditions.append(condition)
        arguments += values
    }

    /// Info-hashes as a JSON array, so that any number of them is one bound parameter.
    private static func array(_ infoHashes: [InfoHash]) -> String {
        "[" + infoHashes.map { "\"\($0.hex)\"" }.joined(separator: ",") + "]"
    }
}

extension CatalogueTorrent {
    /// What ``init(row:)`` reads, in order.
    static let columns = """
        info_hash, info_hash_v2, name, size, piece_length, pieces, files, private, created_at, updated_at, uploader,
        category, description, completed, path,
        (SELECT group_concat(tag) FROM tags WHERE torrent_id = torrents.id)
        """

    /// A row of ``columns``; `nil` when its info-hash is none.
    init?(row: Row) {
        guard let infoHash = row.cell(0).flatMap({ InfoHash(hex: $0) }) else { return nil }
        self.init(
            infoHash: infoHash,
            name: row.cell(2) ?? "",
            size: row.amount(3),
            pieceLength: row.amount(4),
            pieces: row.amount(5),
            files: row.amount(6),
            isPrivate: row.cell(7) ?? false,
            createdAt: row.amount(8),
            path: row.cell(14)
        )
        infoHashV2 = row.cell(1).flatMap { InfoHashV2(hex: $0) }
        updatedAt = row.amount(9)
        uploader = row.cell(10)
        let tags = row.cell(15, as: String.self).map { $0.split(separator: ",").map { String($0) }.sorted() }
        labels = TorrentLabels(stored: row.cell(11) ?? "", description: row.cell(12) ?? "", tags: tags ?? [])
        completed = row.amount(13)
    }
}
