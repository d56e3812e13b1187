import Foundation
import GRDB
import Testing

@testable import TrackerStore

/// - Source: row 177 of the list of bad inputs, fault F21.
@Suite struct `The write-ahead log` {
    private static let count = 24

    /// A database whose commits are all in its log still, as a crash leaves them: the bytes of both files.
    private func crashed(in scratch: Scratch) async throws -> (database: Data, log: Data) {
        let store = try scratch.open()
        for number in 0..<UInt8(Self.count) {
            _ = try await store.insert(torrent(number, name: "t\(number)"), metainfo: [number])
        }
        let read = { (path: String) in try Data(contentsOf: URL(fileURLWithPath: path)) }
        return (try read(scratch.database), try read(scratch.database + "-wal"))
    }

    /// Opens a copy with this log, and gives how many torrents are there; they must be the first ones.
    private func torrents(_ database: Data, _ log: Data, in folder: String) async throws -> Int {
        let path = folder + "/\(UUID().uuidString).db"
        try database.write(to: URL(fileURLWithPath: path))
        try log.write(to: URL(fileURLWithPath: path + "-wal"))
        let found = try TrackerStore.open(path: path, setAsideSuffix: "x")
        #expect(found.recovery == nil)
        let names = Set(try await found.store.list(TorrentListing()).items.map(\.name))
        #expect(names == Set((0..<names.count).map { "t\($0)" }))
        let verdict = try await found.store.pool.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
        #expect(verdict == "ok")
        try found.store.close()
        return names.count
    }

    @Test func `cut at and inside each frame gives the commits before the cut, in order`() async throws {
        try await Scratch.with { scratch in
            let (database, log) = try await crashed(in: scratch)
            let frame = 24 + 4096
            let frames = (log.count - 32) / frame
            #expect(frames > Self.count)
            var before = 0
            // The frames of the last torrents: those before them make the tables.
            for number in stride(from: max(0, frames - 60), through: frames, by: 1) {
                for extra in number == frames ? [0] : [0, 1000] {
                    let length = min(log.count, 32 + number * frame + extra)
                    let count = try await torrents(database, log.prefix(length), in: scratch.folder)
                    #expect(count >= before)
                    before = count
                }
            }
            #expect(before == Self.count)
        }
    }

    @Test func `with an altered frame gives the commits before it`() async throws {
        try await Scratch.with { scratch in
            var (database, log) = try await crashed(in: scratch)
            log[log.count - 3 * 4120] ^= 0x40
            #expect(try await torrents(database, log, in: scratch.folder) < Self.count)
            database = Data(database)
        }
    }

    @Test func `whose shared memory is rubbish is read all the same`() async throws {
        try await Scratch.with { scratch in
            let (database, log) = try await crashed(in: scratch)
            let path = scratch.folder + "/copy.db"
            try database.write(to: URL(fileURLWithPath: path))
            try log.write(to: URL(fileURLWithPath: path + "-wal"))
            let rubbish = Data((0..<32_768).map { _ in UInt8.random(in: .min ... .max) })
            try rubbish.write(to: URL(fileURLWithPath: path + "-shm"))
            let found = try TrackerStore.open(path: path, setAsideSuffix: "x")
            #expect(found.recovery == nil)
            #expect(try await found.store.totals().torrents == Self.count)
        }
    }

    @Test(arguments: [true, false])
    func `without its database is kept aside, not deleted`(isEmpty: Bool) async throws {
        try await Scratch.with { scratch in
            let (_, log) = try await crashed(in: scratch)
            let path = scratch.folder + "/alone.db"
            if isEmpty { try Data().write(to: URL(fileURLWithPath: path)) }
            try log.write(to: URL(fileURLWithPath: path + "-wal"))
            let found = try TrackerStore.open(path: path, setAsideSuffix: "7")
            #expect(found.recovery?.contains("only its write-ahead log was there") == true)
            #expect(FileManager.default.contents(atPath: path + ".corrupt-7-wal") == log)
            #expect(try await found.store.insert(torrent(1, name: "new"), metainfo: [1]))
        }
    }
}
