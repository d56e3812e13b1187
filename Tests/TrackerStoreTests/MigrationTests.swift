import BitTorrentTypes
import Foundation
import GRDB
import Metainfo
import Testing

@testable import TrackerStore

@Suite struct `A database of an earlier version` {
    /// The first version's tables with one torrent in them.
    private static func make(at path: String, metainfo: Metainfo) throws {
        let queue = try DatabaseQueue(path: path)
        try StoreSchema.migrator.migrate(queue, upTo: "1 torrents, peers, users, service")
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO torrents (info_hash, name, size, piece_length, pieces, files, private, created_at, completed,
                        path, metainfo)
                    VALUES (?, 'old', 10, 16384, 2, 2, 0, 77, 5, '/up/1', ?)
                    """,
                arguments: [metainfo.infoHash.hex, Data(metainfo.bytes)]
            )
        }
        try queue.close()
    }

    private static func hybrid() throws -> Metainfo {
        try MetainfoBuilder(
            version: .hybrid,
            name: Array("old".utf8),
            files: ["chapter one.txt", "Überblick.txt"].map { (path: [Array($0.utf8)], length: 5) },
            isSingleFile: false,
            pieceLength: 16_384,
            pieceHashes: Array(repeating: 7, count: 40),
            pieceLayers: [Array(repeating: 1, count: 32), Array(repeating: 2, count: 32)]
        ).build()
    }

    @Test func `keeps its torrents, and is kept as it was`() async throws {
        try await Scratch.with { scratch in
            let metainfo = try Self.hybrid()
            try Self.make(at: scratch.database, metainfo: metainfo)
            let found = try TrackerStore.open(path: scratch.database, setAsideSuffix: "9")
            #expect(found.recovery == nil)
            let torrent = try #require(try await found.store.torrent(metainfo.infoHash))
            #expect(torrent.name == "old" && torrent.completed == 5 && torrent.path == "/up/1")
            #expect(torrent.infoHashV2 == metainfo.infoHashV2)
            #expect(torrent.updatedAt == 77)
            #expect(try await found.store.metainfo(metainfo.infoHash) == metainfo.bytes)
            var listing = TorrentListing()
            listing.text = "uberblick"
            #expect(try await found.store.list(listing).total == 1)
            // Swarms are no business of the database any more.
            #expect(try await found.store.pool.read { try $0.tableExists("peers") } == false)
            let copy = try DatabaseQueue(path: scratch.database + ".before-9")
            let names = try await copy.read { try String.fetchAll($0, sql: "SELECT name FROM torrents") }
            #expect(names == ["old"])
            #expect(try await copy.read { try $0.columns(in: "torrents").count } == 12)
            #expect(try await copy.read { try $0.tableExists("peers") })
        }
    }

    @Test func `is copied only when something changes`() async throws {
        try await Scratch.with { scratch in
            for _ in 1...2 { try scratch.open().close() }
            let files = try FileManager.default.contentsOfDirectory(atPath: scratch.folder)
            #expect(!files.contains { $0.contains(".before-") }, "\(files)")
        }
    }

    @Test func `with rows that make no sense is taken over as it is`() async throws {
        try await Scratch.with { scratch in
            try Self.make(at: scratch.database, metainfo: try Self.hybrid())
            let queue = try DatabaseQueue(path: scratch.database)
            try await queue.write { try $0.execute(sql: "UPDATE torrents SET metainfo = 'none', name = x'FF'") }
            try queue.close()
            #expect(try await scratch.open().totals().torrents == 1)
        }
    }
}
