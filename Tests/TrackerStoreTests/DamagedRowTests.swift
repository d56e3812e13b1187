import GRDB
import Testing

@testable import TrackerStore

/// Values that no version of the program wrote, in a database that is whole to SQLite.
///
/// - Source: row 176 of the list of bad inputs.
@Suite struct `A damaged row` {
    /// Lists two torrents, runs `sql` on the file, and opens it again.
    private func store<Value>(after sql: String, _ body: (TrackerStore) async throws -> Value) async throws -> Value {
        try await Scratch.with { scratch in
            do {
                let store = try scratch.open()
                for number in 1...2 as ClosedRange<UInt8> {
                    _ = try await store.insert(torrent(number, name: "t\(number)"), metainfo: [number])
                }
                try store.close()
            }
            let raw = try DatabaseQueue(path: scratch.database)
            try await raw.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; " + sql)
            }
            try raw.close()
            return try await body(scratch.open())
        }
    }

    @Test(arguments: [
        "name = x'FF00'", "size = 'large'", "size = -5", "size = 1.5e300", "piece_length = 'x'", "pieces = x''",
        "files = 0.5", "private = 'maybe'", "created_at = 'yesterday'", "updated_at = x'00'", "completed = 'many'",
        "completed = 9223372036854775807", "path = x'FF'", "metainfo = 7.5", "category = 5", "description = x'C0'",
        "info_hash_v2 = 'short'", "uploader = 3.5", "seeders = 'x', leechers = x'00'",
    ])
    func `of a torrent leaves the torrent`(damage: String) async throws {
        try await store(after: "UPDATE torrents SET \(damage) WHERE info_hash LIKE '01%'") { store async throws in
            let found = try #require(try await store.torrent(infoHash(1)))
            #expect(found.size >= 0 && found.completed >= 0 && found.completed < .max / 64)
            let page = try await store.list(TorrentListing())
            #expect(page.items.count == 2)
            #expect(try await store.completedCounts().count == 2)
            #expect(try await store.totals().torrents == 2)
            _ = try await store.metainfo(infoHash(1))
            _ = try await store.savedCounts()
            _ = try await store.usedLabels(limit: 10)
        }
    }

    @Test(arguments: ["info_hash = 'zz'", "info_hash = x'00'", "info_hash = 7"])
    func `without an info-hash is not listed`(damage: String) async throws {
        try await store(after: "UPDATE torrents SET \(damage) WHERE info_hash LIKE '01%'") { store async throws in
            #expect(try await store.list(TorrentListing()).items.map(\.name) == ["t2"])
            #expect(try await store.completedCounts() == [infoHash(2): 0])
        }
    }

    @Test func `of the service's facts is no fact`() async throws {
        try await store(after: "INSERT INTO service VALUES ('http_port', x'FF')") { store async throws in
            #expect(try await store.recall(.httpPort).flatMap { Int($0) } == nil)
            try await store.remember(.httpPort, "8000")
            #expect(try await store.recall(.httpPort) == "8000")
        }
    }

    @Test(arguments: [
        "UPDATE torrent_search_data SET block = x'00'", "DELETE FROM torrent_search_data",
        "DELETE FROM torrent_search_content", "DELETE FROM torrent_search_config", "DROP TABLE torrent_search_docsize",
        "DROP TABLE torrent_search",
        "DROP TABLE torrent_search; CREATE TABLE torrent_search (name, files, description, labels)",
    ])
    func `of the search index is made anew`(damage: String) async throws {
        try await store(after: damage) { store async throws in
            var listing = TorrentListing()
            listing.text = "t1"
            #expect(try await store.list(listing).items.map(\.name) == ["t1"])
            #expect(try await store.insert(torrent(3, name: "t1 again"), metainfo: [3]))
            listing.sort = .relevance
            #expect(try await store.list(listing).total == 2)
        }
    }
}
