import BitTorrentTypes
import Foundation
import Metainfo
import PieceStore
import Testing

// Three files, each followed by padding:   a: 10 + 16,374 │ b/c: 20,000 + 12,768 │ z: 5 + 16,379

@Suite struct `Padding` {
    private let folder: TemporaryFolder
    private let metainfo: Metainfo
    private let files: TorrentFiles

    init() throws {
        folder = try TemporaryFolder()
        metainfo = try hybrid([("a", 10), ("b/c", 20_000), ("z", 5)])
        files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
    }

    private func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

    @Test func `is never on the disk, whatever a peer sent for it`() throws {
        let bytes = pattern(metainfo.layout.totalLength)
        try files.prepare()
        try files.write(bytes, at: 0)
        #expect(try folder.bytes("tree/a") == Array(bytes[..<10]))
        #expect(try folder.bytes("tree/b/c") == Array(bytes[16_384..<36_384]))
        #expect(try folder.bytes("tree/z") == Array(bytes[49_152..<49_157]))
        #expect(!folder.exists("tree/.pad"))
        try files.synchronize(Set(metainfo.files.indices))
        try files.requireAllFiles()
        let missing = try files.missingBytes()
        #expect(missing == 0)
    }

    @Test func `reads as zeros, inside a file's block and alone`() throws {
        let bytes = pattern(metainfo.layout.totalLength)
        try files.write(bytes, at: 0)
        #expect(try files.read(0..<16_384) == Array(bytes[..<10]) + zeros(16_374))
        #expect(
            try files.read(36_000..<49_157) == Array(bytes[36_000..<36_384]) + zeros(12_768) + bytes[49_152..<49_157]
        )
        #expect(try files.read(40_000..<41_000) == zeros(1_000))
        #expect(try files.read(16_384..<32_768) == Array(bytes[16_384..<32_768]))
    }

    @Test func `has no stamp, and no piece counts it among its files`() throws {
        try files.write(pattern(metainfo.layout.totalLength), at: 0)
        let stamps = try files.stamps()
        #expect(stamps.keys.sorted() == metainfo.files.indices.filter { !metainfo.files[$0].isPadding })
        let pieces = Array(metainfo.layout.pieces)
        #expect(pieces.map { files.files(of: $0) } == [[0], [2], [2], [4]])
        let trusted = ResumeCheck(
            metainfo: metainfo,
            recorded: Bitfield(allOf: pieces.count),
            stamps: stamps,
            wasClean: true,
            found: stamps
        ).trusted
        #expect(trusted.isComplete)
        let holds = try pieces.map { try files.mayHold($0, found: stamps, countingHoles: false) }
        #expect(holds == [true, true, true, true])
    }

    @Test func `a file of somebody else in its place is not touched`() throws {
        try folder.write([1, 2, 3], to: "tree/.pad/16374")
        try files.write(pattern(metainfo.layout.totalLength), at: 0)
        #expect(try files.read(10..<13) == zeros(3))
        try files.delete()
        #expect(try folder.bytes("tree/.pad/16374") == [1, 2, 3])
        #expect(!folder.exists("tree/a"))
        #expect(!folder.exists("tree/b"))
    }
}
