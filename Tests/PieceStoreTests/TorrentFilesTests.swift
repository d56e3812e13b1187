import BitTorrentTypes
import Foundation
import Metainfo
import PieceStore
import Testing

@Suite struct `Torrent files` {
    @Test func `bytes that span many files come back as they went in`() throws {
        let folder = try TemporaryFolder()
        let metainfo = try tree([("a", 10), ("empty", 0), ("b/c", 20_000), ("b/d", 1), ("e", 12_000)])
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache(limit: 2))
        let bytes = pattern(32_011)
        try files.prepare()
        try files.write(Array(bytes[16_384...]), at: 16_384)
        try files.write(Array(bytes[..<16_384]), at: 0)

        #expect(try files.read(0..<32_011) == bytes)
        #expect(try folder.bytes("tree/a") == Array(bytes[..<10]))
        #expect(try folder.bytes("tree/b/c") == Array(bytes[10..<20_010]))
        #expect(try folder.bytes("tree/b/d") == [bytes[20_010]])
        #expect(try folder.bytes("tree/empty") == [])
        try files.synchronize([0, 2, 3, 4])
    }

    @Test func `a cached read brings the right bytes or says that it did not`() throws {
        let folder = try TemporaryFolder()
        let metainfo = try tree([("a", 10), ("b", 200_000)])
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        let bytes = pattern(200_010)
        try files.write(bytes, at: 0)
        try files.synchronize([0, 1])
        let file = try FileHandle(forReadingFrom: folder.url.appending(path: "tree/b"))
        #expect(posix_fadvise(file.fileDescriptor, 0, 0, POSIX_FADV_DONTNEED) == 0)

        var found = [UInt8](repeating: 0, count: 200_010)
        let isCached = try found.withUnsafeMutableBytes { try files.readCached(into: [$0], at: 0) }
        #expect(isCached == (found == bytes))
        #expect(try files.read(0..<200_010) == bytes)
        let isCachedNow = try found.withUnsafeMutableBytes { try files.readCached(into: [$0], at: 0) }
        #expect(isCachedNow && found == bytes)
    }

    @Test func `a cached read leaves a short file to the read that says so`() throws {
        let folder = try TemporaryFolder()
        try folder.write(pattern(10), to: "tree/a")
        let files = TorrentFiles(metainfo: try tree([("a", 20)]), directory: folder.path, cache: DescriptorCache())
        var found = [UInt8](repeating: 0, count: 20)
        #expect(try found.withUnsafeMutableBytes { try files.readCached(into: [$0], at: 0) } == false)
    }

    /// What the kernel may send by itself: bytes of one file that are in memory, and all there.
    @Test func `bytes are sent from where they lie when that is one file`() throws {
        let folder = try TemporaryFolder()
        let metainfo = try tree([("a", 10), ("b", 200_000)])
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        let bytes = pattern(200_010)
        try files.write(bytes, at: 0)
        #expect(try files.cachedPlace(of: 5..<15) == nil, "two files")
        // A kernel before 6.5 cannot tell what it has.
        if let place = try files.cachedPlace(of: 100_010..<150_010) {
            #expect(place.offset == 100_000)
            var found = [UInt8](repeating: 0, count: 50_000)
            #expect(pread(place.descriptor, &found, found.count, off_t(place.offset)) == found.count)
            #expect(found == Array(bytes[100_010..<150_010]))
        }
        try folder.write(pattern(199_999), to: "tree/b")
        let short = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        #expect(try short.cachedPlace(of: 150_010..<200_010) == nil, "the file is a byte too short")
    }

    @Test func `a longer file is never cut`() throws {
        let folder = try TemporaryFolder()
        try folder.write(pattern(100), to: "tree/a")
        let files = TorrentFiles(metainfo: try tree([("a", 10)]), directory: folder.path, cache: DescriptorCache())
        try files.write([UInt8](repeating: 7, count: 10), at: 0)
        #expect(try folder.bytes("tree/a") == Array(repeating: 7, count: 10) + pattern(100)[10...])
    }

    @Test func `a planted symbolic link is refused and nothing is written through it`() throws {
        let folder = try TemporaryFolder()
        try folder.write([], to: "outside/secret")
        try folder.write([], to: "tree/keep")
        let manager = FileManager.default
        try manager.createSymbolicLink(
            at: folder.url.appending(path: "tree/a"),
            withDestinationURL: folder.url.appending(path: "outside/secret")
        )
        try manager.createSymbolicLink(
            at: folder.url.appending(path: "tree/b"),
            withDestinationURL: folder.url.appending(path: "outside")
        )
        let metainfo = try tree([("a", 10), ("b/new", 10)])
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        #expect(throws: StoreError.symbolicLink(path: folder.path + Array("/tree/a".utf8))) {
            try files.write([UInt8](repeating: 1, count: 10), at: 0)
        }
        #expect(throws: StoreError.symbolicLink(path: folder.path + Array("/tree/b".utf8))) {
            try files.write([UInt8](repeating: 1, count: 10), at: 10)
        }
        #expect(try folder.bytes("outside/secret") == [])
        #expect(!folder.exists("outside/new"))
    }

    @Test func `a folder, a pipe and a file stand in the way with a name of their own`() throws {
        let folder = try TemporaryFolder()
        try folder.write([], to: "tree/a/inside")
        try folder.write([], to: "tree/c")
        #expect(mkfifo(folder.url.appending(path: "tree/b").path, 0o600) == 0)
        let metainfo = try tree([("a", 10), ("b", 10), ("c/d", 10)])
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        let block = [UInt8](repeating: 1, count: 10)
        let root = folder.path + Array("/tree/".utf8)
        #expect(throws: StoreError.notARegularFile(path: root + [0x61])) { try files.write(block, at: 0) }
        #expect(throws: StoreError.notARegularFile(path: root + [0x62])) { try files.write(block, at: 10) }
        #expect(throws: StoreError.notADirectory(path: root + [0x63])) { try files.write(block, at: 20) }
    }

    @Test func `missing and short files are told apart`() throws {
        let folder = try TemporaryFolder()
        let metainfo = try tree([("a", 10), ("b", 10)])
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        try folder.write([1, 2, 3], to: "tree/a")
        #expect(throws: StoreError.short(path: files.path(of: 0), needed: 10)) { try files.read(0..<10) }
        #expect(throws: StoreError.missing(path: files.path(of: 1))) { try files.read(10..<20) }
        #expect(throws: StoreError.short(path: files.path(of: 0), needed: 10)) { try files.requireAllFiles() }
    }

    @Test func `an error names its file without letting the name reach a terminal`() {
        let error = StoreError.noSpace(path: Array("/d/file\u{1B}[2J".utf8))
        #expect(error.description == "no space left for /d/file\\u{1b}[2J: free some space, then resume")
    }

    @Test func `holes do not count as data unless asked`() throws {
        let folder = try TemporaryFolder()
        let metainfo = try tree([("a", 4 << 20)], pieceLength: 1 << 20)
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        try files.write(pattern(1 << 20), at: 2 << 20)
        let found = try files.stamps()
        let pieces = Array(metainfo.layout.pieces)
        let holds = try pieces.map { try files.mayHold($0, found: found, countingHoles: false) }
        #expect(holds == [false, false, true, false])
        let region = try pieces.map { try files.mayHold($0, found: found, countingHoles: true) }
        #expect(region == [true, true, true, false])
        let missing = try files.missingBytes()
        #expect(missing == 3 << 20)
    }

    @Test func `deleting leaves what is not the torrent's`() throws {
        let folder = try TemporaryFolder()
        let metainfo = try tree([("a", 1), ("b/c", 1), ("b/d/e", 1), ("z", 0)])
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        try files.prepare()
        try files.write([1, 2, 3], at: 0)
        try folder.write([9], to: "tree/b/mine")
        try files.delete()
        #expect(!folder.exists("tree/a"))
        #expect(!folder.exists("tree/b/d"))
        #expect(try folder.bytes("tree/b/mine") == [9])
    }

    @Test func `a folder for downloads is made, and a file in its place refused`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + Array("/x/y/z".utf8)
        try Directory.prepare(path)
        #expect(folder.exists("x/y/z"))
        try folder.write([], to: "file")
        let file = folder.path + Array("/file".utf8)
        #expect(throws: StoreError.notADirectory(path: file)) { try Directory.prepare(file) }
        #expect((Directory.freeBytes(path) ?? 0) > 0)
    }
}
