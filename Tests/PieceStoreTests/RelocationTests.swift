import BitTorrentTypes
import Foundation
import Metainfo
import PieceStore
import Testing

@Suite struct `Moving the files` {
    /// A torrent with a hole, a folder, a file that is not its own, and a place to go to.
    private struct Moving {
        let folder: TemporaryFolder
        let files: TorrentFiles
        let destination: [UInt8]
        let move: Relocation

        init() throws {
            folder = try TemporaryFolder()
            files = TorrentFiles(
                metainfo: try tree([("a", 32_768), ("b/c", 3 << 20)]),
                directory: folder.path,
                cache: DescriptorCache()
            )
            try files.write(pattern(32_768), at: 0)
            // The last bytes only: a hole before them.
            try files.write(pattern(100), at: (3 << 20) + 32_668)
            try folder.write([7], to: "tree/b/foreign")
            try folder.write([], to: "new/nothing")
            destination = folder.path + Array("/new".utf8)
            move = Relocation(of: files, to: destination)
        }
    }

    @Test func `by name everything goes along`() throws {
        let moving = try Moving()
        try moving.move.check()
        #expect(try moving.move.rename())
        #expect(!moving.folder.exists("tree"))
        #expect(moving.folder.exists("new/tree/b/foreign"))
        #expect(moving.move.isDone)
        moving.files.relocate(to: moving.destination)
        #expect(try moving.files.read(0..<32_768) == pattern(32_768))
    }

    @Test func `a copy has the same bytes, holes and stamps, and only the torrent's files`() throws {
        let moving = try Moving()
        let stamps = try moving.files.stamps()
        try moving.move.check()
        var copied = 0
        try moving.move.copy {
            copied += $0
            return true
        }
        #expect(copied == 32_768 + 3 << 20)
        #expect(!moving.folder.exists("new/tree"))
        try moving.move.nameCopy()
        try moving.move.nameCopy()
        #expect(moving.folder.exists("tree/a"))
        try moving.move.deleteOld(in: moving.folder.path)
        #expect(!moving.folder.exists("tree/a"))
        #expect(moving.folder.exists("tree/b/foreign"))
        #expect(!moving.folder.exists("new/tree/b/foreign"))
        moving.files.relocate(to: moving.destination)
        #expect(try moving.files.stamps() == stamps)
        #expect(try moving.files.heldBytes() < 1 << 20)
        #expect(try moving.files.read((3 << 20) + 32_668..<(3 << 20) + 32_768) == pattern(100))
    }

    @Test func `a copy that is stopped leaves nothing`() throws {
        let moving = try Moving()
        #expect(throws: StoreError.self) { try moving.move.copy { _ in false } }
        #expect(!moving.move.isCopyThere)
        #expect(try FileManager.default.contentsOfDirectory(atPath: moving.folder.url.path + "/new") == ["nothing"])
        #expect(try moving.files.read(0..<32_768) == pattern(32_768))
    }

    @Test func `nothing that is there is written over`() throws {
        let moving = try Moving()
        try moving.folder.write([1], to: "new/tree")
        let taken = StoreError.exists(path: moving.destination + Array("/tree".utf8))
        #expect(throws: taken) { try moving.move.check() }
        #expect(throws: taken) { _ = try moving.move.rename() }
        try moving.move.copy { _ in true }
        #expect(try moving.folder.bytes("new/tree") == [1])
    }

    @Test func `a folder does not go into itself`() throws {
        let moving = try Moving()
        let inside = Relocation(of: moving.files, to: moving.files.path + Array("/b".utf8))
        #expect(throws: StoreError.self) { try inside.check() }
    }

    @Test func `only the torrent's own files are deleted, and folders that are empty then`() throws {
        let moving = try Moving()
        try moving.files.delete()
        #expect(!moving.folder.exists("tree/a"))
        #expect(moving.folder.exists("tree/b/foreign"))
        try FileManager.default.removeItem(at: moving.folder.url.appending(path: "tree/b/foreign"))
        try moving.files.delete()
        #expect(!moving.folder.exists("tree"))
    }
}
