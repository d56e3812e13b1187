import Foundation
import GRDB
import Synchronization
import Testing

@testable import TrackerStore

/// - Source: rows 176 and 177 of the list of bad inputs, fault F21.
@Suite struct `A database in other hands` {
    @Test func `is waited for, and the wait is told once`() async throws {
        try await Scratch.with { scratch in
            try scratch.open().close()
            let other = try holder(of: scratch.database)
            // Held until the wait was told of: more than the time that SQLite itself waits.
            let (told, tell) = AsyncStream<TrackerStoreError>.makeStream()
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            async let opened = TrackerStore.open(
                path: scratch.database,
                setAsideSuffix: "x",
                patience: .seconds(120)
            ) { tell.yield($0) }
            var first = told.makeAsyncIterator()
            #expect(await first.next() == .locked(path: scratch.database))
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            #expect(try await opened.recovery == nil)
            tell.finish()
            #expect(await first.next() == nil)
        }
    }

    @Test func `that is not given back is an error that says so`() async throws {
        try await Scratch.with { scratch in
            try scratch.open().close()
            let other = try holder(of: scratch.database)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            #expect(throws: TrackerStoreError.locked(path: scratch.database)) { try scratch.open() }
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        }
    }

    @Test func `while it runs: writing is refused for now, reading goes on`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            _ = try await store.insert(torrent(1, name: "one"), metainfo: [1])
            let other = try holder(of: scratch.database)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            await #expect(throws: TrackerStoreError.busy) {
                try await store.insert(torrent(2, name: "two"), metainfo: [2])
            }
            #expect(try await store.torrent(infoHash(1))?.name == "one")
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            #expect(try await store.insert(torrent(2, name: "two"), metainfo: [2]))
        }
    }

    @Test(.enabled("needs the permission to mount a tmpfs") { mayMount() })
    func `that cannot be written is an error that says so`() async throws {
        try await Scratch.with { scratch in
            let disk = scratch.folder + "/disk"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            #expect(mount("tmpfs", disk, "tmpfs", 0, "size=8m") == 0)
            defer { umount2(disk, Int32(MNT_DETACH)) }
            try TrackerStore.open(path: disk + "/p2p.db", setAsideSuffix: "x").store.close()
            #expect(mount("tmpfs", disk, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), "") == 0)
            #expect {
                try TrackerStore.open(path: disk + "/p2p.db", setAsideSuffix: "x")
            } throws: { error in
                guard case TrackerStoreError.cannotOpen(let path, let reason) = error else { return false }
                return path == disk + "/p2p.db" && !reason.isEmpty
            }
            #expect(mount("tmpfs", disk, "tmpfs", UInt(MS_REMOUNT), "") == 0)
            #expect(try TrackerStore.open(path: disk + "/p2p.db", setAsideSuffix: "x").recovery == nil)
        }
    }
}

/// Another process, as far as SQLite can tell.
private func holder(of path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: path, configuration: configuration)
}

/// Whether this user may mount a file system here.
private func mayMount() -> Bool {
    let folder = NSTemporaryDirectory() + "tracker-mount-\(UUID().uuidString)"
    guard mkdir(folder, 0o700) == 0 else { return false }
    defer { rmdir(folder) }
    guard mount("tmpfs", folder, "tmpfs", 0, "size=4096") == 0 else { return false }
    return umount2(folder, Int32(MNT_DETACH)) == 0
}
