import BitTorrentTypes
import Foundation
import GRDB
import Testing

@testable import TrackerStore

/// A folder of its own for one test, gone afterwards.
struct Scratch {
    let folder: String
    var database: String { folder + "/p2p.db" }

    static func with<Value>(_ body: (Scratch) async throws -> Value) async throws -> Value {
        let folder = NSTemporaryDirectory() + "tracker-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(Scratch(folder: folder))
    }

    func open() throws -> TrackerStore { try TrackerStore.open(path: database, setAsideSuffix: "now").store }
}

func infoHash(_ number: UInt8) -> InfoHash {
    guard let value = InfoHash(Array(repeating: number, count: 20)) else { preconditionFailure("20 bytes") }
    return value
}

func torrent(_ number: UInt8, name: String, size: Int = 1000, createdAt: Int = 0) -> CatalogueTorrent {
    CatalogueTorrent(
        infoHash: infoHash(number),
        name: name,
        size: size,
        pieceLength: 16384,
        pieces: 1,
        files: 1,
        isPrivate: false,
        createdAt: createdAt
    )
}

@Suite struct `Tracker store` {
    @Test func `a listed torrent is there after the file is opened again`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            #expect(try await store.insert(torrent(1, name: "one"), metainfo: [1, 2, 3]))
            #expect(try await store.insert(torrent(1, name: "other"), metainfo: [4]) == false)
            try store.close()
            let again = try scratch.open()
            #expect(try await again.torrent(infoHash(1)) == torrent(1, name: "one"))
            #expect(try await again.metainfo(infoHash(1)) == [1, 2, 3])
            #expect(try await again.torrent(infoHash(2)) == nil)
            #expect(try await again.totals() == (1, 1000))
            try await again.remove(infoHash(1))
            #expect(try await again.metainfo(infoHash(1)) == nil)
        }
    }

    @Test func `a commit is in the log that the next process reads, without any orderly end`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            _ = try await store.insert(torrent(1, name: "one"), metainfo: [1])
            let copy = scratch.folder + "/killed.db"
            for ending in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: scratch.database + ending, toPath: copy + ending)
            }
            let found = try TrackerStore.open(path: copy, setAsideSuffix: "now")
            #expect(found.recovery == nil)
            #expect(try await found.store.torrent(infoHash(1))?.name == "one")
        }
    }

    @Test func `a commit is flushed to the disk and foreign schemas are not trusted`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            let settings = try await store.pool.write { database in
                try ["synchronous", "trusted_schema", "foreign_keys", "busy_timeout", "cell_size_check", "mmap_size"]
                    .map {
                        try Int.fetchOne(database, sql: "PRAGMA \($0)")
                    }
            }
            #expect(settings == [2, 0, 1, 5000, 1, 0])
        }
    }

    @Test func `downloads are counted for what is listed`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            _ = try await store.insert(torrent(1, name: "one"), metainfo: [1])
            try await store.saveCompleted([infoHash(1): 9, infoHash(2): 3])
            #expect(try await store.torrent(infoHash(1))?.completed == 9)
            #expect(try await store.completedCounts() == [infoHash(1): 9])
        }
    }
}

@Suite struct `Catalogue pages` {
    @Test func `are sorted, cut and counted`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            let names = ["beta", "Alpha", "gamma", "100%", "under_score", "Ünï"]
            for (number, name) in names.enumerated() {
                let entry = torrent(UInt8(number), name: name, size: 10 * number, createdAt: number / 2)
                _ = try await store.insert(entry, metainfo: [])
            }
            func page(_ change: (inout TorrentListing) -> Void) async throws -> [String] {
                var listing = TorrentListing()
                change(&listing)
                return try await store.list(listing).items.map(\.name)
            }
            #expect(
                try await page {
                    $0.sort = .name; $0.isAscending = true
                }.prefix(3) == ["100%", "Alpha", "beta"]
            )
            #expect(try await page { $0.sort = .size }.first == "Ünï")
            #expect(try await page { $0.text = "ALPH" } == ["Alpha"])
            #expect(try await page { $0.text = "%" } == ["100%"])
            #expect(try await page { $0.text = "_" } == ["under_score"])
            #expect(try await page { $0.text = "' OR 1=1 --" } == [])
            #expect(try await page { $0.only = [infoHash(1), infoHash(9)] } == ["Alpha"])
            #expect(try await page { $0.only = [] } == [])
            #expect(try await page { $0.except = [infoHash(1)] }.count == 5)
            #expect(try await page { $0.turn(toPage: .max, perPage: 200) } == [])
            var seen: [String] = []
            for number in 1...3 { seen += try await page { $0.turn(toPage: number, perPage: 2) } }
            #expect(Set(seen) == Set(names))
            #expect(try await store.list(TorrentListing()).total == 6)
        }
    }

    @Test func `hold what makes sense, whatever was asked`() {
        var listing = TorrentListing()
        listing.turn(toPage: -1, perPage: 1_000_000_000)
        #expect((listing.page, listing.perPage) == (1, 200))
        listing.turn(toPage: .min, perPage: .min)
        #expect((listing.page, listing.perPage) == (1, 1))
        #expect(TorrentListing.Sort(rawValue: ";drop table torrents") == nil)
    }
}
