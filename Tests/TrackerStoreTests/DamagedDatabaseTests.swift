import Foundation
import GRDB
import Testing

@testable import TrackerStore

@Suite struct `A damaged database` {
    @Test(arguments: [
        Data((0..<100).map { _ in UInt8.random(in: .min ... .max) }),
        Data("SQLite format 3\0".utf8) + Data((0..<8000).map { _ in UInt8.random(in: .min ... .max) }),
    ])
    func `is kept aside and a new one is made`(content: Data) async throws {
        try await Scratch.with { scratch in
            try content.write(to: URL(fileURLWithPath: scratch.database))
            let found = try TrackerStore.open(path: scratch.database, setAsideSuffix: "1700000000")
            #expect(found.recovery?.contains(".corrupt-1700000000") == true)
            let kept = FileManager.default.contents(atPath: scratch.database + ".corrupt-1700000000")
            #expect(kept == content)
            #expect(try await found.store.insert(torrent(1, name: "new"), metainfo: [1]))
        }
    }

    @Test func `with altered pages is kept aside`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            for number in 0..<200 as Range<UInt8> {
                _ = try await store.insert(
                    torrent(number, name: "t\(number)"),
                    metainfo: Array(repeating: 7, count: 900)
                )
            }
            try store.close()
            var content = try #require(FileManager.default.contents(atPath: scratch.database))
            for index in stride(from: 4096, to: content.count, by: 1) { content[index] = 0xA5 }
            try content.write(to: URL(fileURLWithPath: scratch.database))
            let found = try TrackerStore.open(path: scratch.database, setAsideSuffix: "x")
            #expect(found.recovery != nil)
            #expect(try await found.store.totals().torrents == 0)
        }
    }

    @Test(arguments: [0, 1, 2, 3, 5, 8])
    func `with one altered page is kept aside, or serves what is whole`(page: Int) async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            for number in 0..<200 as Range<UInt8> {
                _ = try await store.insert(torrent(number, name: "t\(number)"), metainfo: [number])
            }
            try store.close()
            var content = try #require(FileManager.default.contents(atPath: scratch.database))
            let start = page * 4096
            for index in start + 100..<start + 4096 { content[index] = UInt8.random(in: .min ... .max) }
            try content.write(to: URL(fileURLWithPath: scratch.database))
            let found = try TrackerStore.open(path: scratch.database, setAsideSuffix: "x")
            if found.recovery != nil {
                #expect(FileManager.default.contents(atPath: scratch.database + ".corrupt-x")?.count == content.count)
            }
            _ = try await found.store.list(TorrentListing())
            #expect(try await found.store.insert(torrent(250, name: "new"), metainfo: [1]))
        }
    }

    @Test func `that is met while running is looked at and kept aside at the next start`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            #expect(
                store.fault(DatabaseError(resultCode: .SQLITE_CORRUPT))
                    == .failed(reason: "database disk image is malformed")
            )
            try store.close()
            #expect(StoreFiles(path: scratch.database).isSuspect)
            #expect(try TrackerStore.open(path: scratch.database, setAsideSuffix: "x").recovery == nil)
            #expect(StoreFiles(path: scratch.database).isSuspect == false)
        }
    }

    @Test func `kept twice in one second has two names`() async throws {
        try await Scratch.with { scratch in
            for _ in 1...2 {
                // Its log would heal it.
                try? FileManager.default.removeItem(atPath: scratch.database + "-wal")
                try Data(repeating: 0x55, count: 5000).write(to: URL(fileURLWithPath: scratch.database))
                let found = try TrackerStore.open(path: scratch.database, setAsideSuffix: "1")
                #expect(found.recovery != nil)
                try found.store.close()
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: scratch.folder)
            #expect(files.count { $0.contains(".corrupt-1") && !$0.hasSuffix("-shm") } == 2, "\(files)")
        }
    }

    @Test func `of no bytes is a new one`() async throws {
        try await Scratch.with { scratch in
            try Data().write(to: URL(fileURLWithPath: scratch.database))
            #expect(try TrackerStore.open(path: scratch.database, setAsideSuffix: "x").recovery == nil)
        }
    }

    @Test(arguments: [
        "CREATE TRIGGER evil AFTER INSERT ON torrents BEGIN DELETE FROM torrents; END",
        "CREATE VIEW evil AS SELECT 1",
        "ALTER TABLE users DROP COLUMN role",
    ])
    func `with a schema that is not ours is kept aside`(statement: String) async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            try await store.pool.write { try $0.execute(sql: statement) }
            try store.close()
            let found = try TrackerStore.open(path: scratch.database, setAsideSuffix: "x")
            #expect(found.recovery != nil)
        }
    }

    @Test func `that lost an index gets it back`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            try await store.pool.write { try $0.execute(sql: "DROP INDEX torrents_by_name") }
            try store.close()
            let found = try TrackerStore.open(path: scratch.database, setAsideSuffix: "x")
            #expect(found.recovery == nil)
            let names = try await found.store.pool.read { try $0.indexes(on: "torrents").map(\.name) }
            #expect(names.contains("torrents_by_name"))
        }
    }

    @Test func `of a newer version is left alone`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            try await store.pool.write {
                try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')")
            }
            try store.close()
            #expect(throws: TrackerStoreError.newerSchema(path: scratch.database)) { try scratch.open() }
        }
    }

    @Test func `that is a folder, or lies in a folder that is not there, is an error`() async throws {
        try await Scratch.with { scratch in
            try FileManager.default.createDirectory(atPath: scratch.database, withIntermediateDirectories: true)
            #expect(throws: TrackerStoreError.self) { try scratch.open() }
            #expect(throws: TrackerStoreError.self) {
                try TrackerStore.open(path: scratch.folder + "/none/p2p.db", setAsideSuffix: "x")
            }
        }
    }
}
