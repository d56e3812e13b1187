import BitTorrentTypes
import Foundation
import Metainfo
import PieceStore
import Synchronization
import Testing

/// A torrent of two files of two pieces each, whole on the disk and settled.
private struct WholeTree {
    let folder: TemporaryFolder
    let files: TorrentFiles
    let whole = Bitfield(allOf: 4)

    init() throws {
        folder = try TemporaryFolder()
        files = TorrentFiles(
            metainfo: try tree([("a", 32_768), ("b/c", 32_768)]),
            directory: folder.path,
            cache: DescriptorCache()
        )
        try files.write(pattern(65_536), at: 0)
        _ = try files.settle()
    }

    func url(_ name: String) -> URL { folder.url.appending(path: "tree/\(name)") }

    /// Another file of the same size under the name of an old one.
    func replace(_ name: String) throws {
        let other = folder.url.appending(path: "other")
        try Data(repeating: 9, count: 32_768).write(to: other)
        #expect(rename(other.path, url(name).path) == 0)
    }

    func append(to name: String) throws {
        let handle = try FileHandle(forWritingTo: url(name))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data([1]))
        try handle.close()
    }

    func truncate(_ name: String, to size: UInt64) throws {
        let handle = try FileHandle(forWritingTo: url(name))
        try handle.truncate(atOffset: size)
        try handle.close()
    }
}

@Suite struct `Files that others touch` {
    @Test func `nothing is said of files that nobody touched`() throws {
        let torrent = try WholeTree()
        torrent.files.beginWriting(verified: torrent.whole)
        for file in 0...1 { try torrent.files.look(at: file) }
        try torrent.files.lookAtRoot()
        #expect(try torrent.files.read(0..<65_536) == pattern(65_536))
        #expect(torrent.files.takeSuspects().isEmpty)
    }

    @Test func `bytes of a file that was written to are not handed out`() throws {
        let torrent = try WholeTree()
        torrent.files.beginWriting(verified: torrent.whole)
        _ = try torrent.files.read(0..<16)
        try torrent.append(to: "a")
        let changed = StoreError.changed(path: torrent.files.path(of: 0))
        #expect(throws: changed) { try torrent.files.read(0..<16) }
        #expect(throws: changed) { try torrent.files.look(at: 0) }
        try torrent.files.look(at: 1)
        #expect(torrent.files.takeSuspects() == [0])
    }

    @Test func `a file cut short is an error, never other bytes`() throws {
        let torrent = try WholeTree()
        torrent.files.beginWriting(verified: torrent.whole)
        _ = try torrent.files.read(32_768..<65_536)
        try torrent.truncate("b/c", to: 100)
        #expect(throws: StoreError.self) { try torrent.files.read(32_768..<65_536) }
        #expect(throws: StoreError.self) { try torrent.files.read(32_768..<32_800) }
        #expect(throws: StoreError.changed(path: torrent.files.path(of: 1))) { try torrent.files.look(at: 1) }
    }

    @Test(arguments: [true, false])
    func `a file that another took the place of is noticed, also while we write`(isWhole: Bool) throws {
        let torrent = try WholeTree()
        torrent.files.beginWriting(verified: isWhole ? torrent.whole : Bitfield(pieceCount: 4))
        if !isWhole { try torrent.files.write(pattern(10), at: 0) }
        try torrent.replace("a")
        #expect(throws: StoreError.changed(path: torrent.files.path(of: 0))) { try torrent.files.look(at: 0) }
        #expect(throws: StoreError.changed(path: torrent.files.path(of: 0))) {
            try torrent.files.flushedStamps(of: [0], verified: torrent.whole)
        }
        torrent.files.close()
        if !isWhole {
            #expect(throws: StoreError.changed(path: torrent.files.path(of: 0))) {
                try torrent.files.write(pattern(10), at: 0)
            }
        }
    }

    @Test func `a write to an idle file of a download is noticed, our own is not`() throws {
        let torrent = try WholeTree()
        torrent.files.beginWriting(verified: Bitfield(pieceCount: 4))
        try torrent.files.look(at: 0)
        try torrent.files.write(pattern(10, seed: 3), at: 0)
        try torrent.files.look(at: 0)
        try torrent.files.look(at: 0)
        try torrent.append(to: "a")
        #expect(throws: StoreError.changed(path: torrent.files.path(of: 0))) { try torrent.files.look(at: 0) }
    }

    @Test func `what was moved away is missing, and is not made anew`() throws {
        let torrent = try WholeTree()
        torrent.files.beginWriting(verified: Bitfield(pieceCount: 4))
        let away = torrent.folder.url.appending(path: "away")
        try FileManager.default.moveItem(at: torrent.url(""), to: away)
        torrent.files.close()
        let missing = StoreError.missing(path: torrent.files.path)
        #expect(throws: missing) { try torrent.files.lookAtRoot() }
        #expect(throws: missing) { try torrent.files.write(pattern(10), at: 0) }
        #expect(throws: missing) { try torrent.files.look(at: 1) }
        #expect(!torrent.folder.exists("tree"))
    }

    @Test func `a link in the place of a folder or a file is named`() throws {
        let torrent = try WholeTree()
        torrent.files.beginWriting(verified: torrent.whole)
        let away = torrent.folder.url.appending(path: "away")
        try FileManager.default.moveItem(at: torrent.url("a"), to: away)
        try FileManager.default.createSymbolicLink(at: torrent.url("a"), withDestinationURL: away)
        #expect(throws: StoreError.symbolicLink(path: torrent.files.path(of: 0))) { try torrent.files.look(at: 0) }
    }

    @Test func `the stamps of an orderly end leave out what others wrote`() throws {
        let torrent = try WholeTree()
        torrent.files.beginWriting(verified: Bitfield(pieceCount: 4))
        for file in 0...1 { try torrent.files.look(at: file) }
        try torrent.append(to: "a")
        #expect(torrent.files.openStamps().keys.sorted() == [1])
        torrent.files.endWriting()
        #expect(torrent.files.openStamps().isEmpty)
    }
}

@Suite(.timeLimit(.minutes(1))) struct `File watch` {
    @Test func `tells of each torrent once what happened to it, and of no other`() async throws {
        let (changed, moved, quiet) = (try WholeTree(), try WholeTree(), try WholeTree())
        let watch = FileWatch(intervalMilliseconds: 5)
        let (findings, continuation) = AsyncStream.makeStream(of: StoreError.self)
        for torrent in [changed, moved, quiet] {
            torrent.files.beginWriting(verified: torrent.whole)
            watch.add(torrent.files) { continuation.yield($0) }
        }
        try changed.append(to: "b/c")
        try FileManager.default.removeItem(at: moved.url(""))
        var found: Set<StoreError> = []
        for await finding in findings {
            found.insert(finding)
            if found.count == 2 { break }
        }
        #expect(found == [.changed(path: changed.files.path(of: 1)), .missing(path: moved.files.path)])
        // What is not watched any more is not looked at; what is, still is.
        watch.remove(changed.files)
        try quiet.append(to: "a")
        var iterator = findings.makeAsyncIterator()
        #expect(await iterator.next() == .changed(path: quiet.files.path(of: 0)))
    }
}

@Suite struct `Volume of a folder` {
    @Test func `a folder is on the volume of the folder above it that is there`() throws {
        let folder = try TemporaryFolder()
        let here = Volume(of: folder.path)
        #expect(Volume(of: folder.path + Array("/not/there".utf8)) == here)
        #expect(folder.path.starts(with: here.mountPoint) || here.mountPoint == Array("/".utf8))
        #expect(Volume(of: Array("/proc/self".utf8)).mountPoint == Array("/proc".utf8))
    }
}
