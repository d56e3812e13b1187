import BitTorrentTypes
import Foundation
import Metainfo
import PieceStore
import Testing

/// Three files whose borders lie inside pieces; the middle one is not wanted.
///
///     files    │ a 24,576     │ b 65,536 (skipped)           │ c 24,576     │
///     pieces   │ 0    │ 1         │ 2    │ 3    │ 4    │ 5       │ 6    │
private struct Selected {
    let folder: TemporaryFolder
    let files: TorrentFiles
    let content = pattern(114_688)
    let aside: String

    init() throws {
        folder = try TemporaryFolder()
        aside = folder.url.appending(path: "node/parts/x.parts").path
        try folder.write([], to: "downloads/other")
        files = TorrentFiles(
            metainfo: try tree([("a", 24_576), ("b", 65_536), ("c", 24_576)]),
            directory: folder.path + Array("/downloads".utf8),
            aside: Array(aside.utf8),
            cache: DescriptorCache()
        )
        files.choose(skipping: [1])
        _ = try files.settle()
    }

    func write(_ pieces: [Int]) throws {
        for piece in pieces {
            let range = piece * 16_384..<(piece + 1) * 16_384
            try files.write(Array(content[range]), at: range.lowerBound)
        }
    }
}

@Suite struct `Files that nobody wants` {
    @Test func `are not made: what pieces need of them is kept aside and read from there`() throws {
        let torrent = try Selected()
        try torrent.write([0, 1, 5, 6])
        #expect(!torrent.folder.exists("downloads/tree/b"))
        #expect(torrent.folder.exists("downloads/tree/c"))
        for piece in [0, 1, 5, 6] {
            let range = piece * 16_384..<(piece + 1) * 16_384
            #expect(try torrent.files.read(range) == Array(torrent.content[range]))
        }
        let place = torrent.files.location(of: 1, at: 0)
        #expect(place.path == Array(torrent.aside.utf8))
        #expect(place.offset == 24_576)
        try torrent.files.synchronize([0, 1, 2])
        #expect(
            try torrent.files.flushedStamps(of: [0, 1, 2], verified: Bitfield(pieceCount: 7)).keys.sorted() == [0, 2]
        )
        // Two files of 24 KiB are wanted.
        #expect(try torrent.files.missingBytes() < 16_384)
    }

    @Test func `count at a restart as long as they are kept`() throws {
        let torrent = try Selected()
        try torrent.write([0, 1, 5, 6])
        let found = try torrent.files.settle()
        var recorded = Bitfield(pieceCount: 7)
        for piece in torrent.files.metainfo.layout.pieces where [0, 1, 5, 6].contains(piece.rawValue) {
            recorded.insert(piece)
            #expect(try torrent.files.mayHold(piece, found: found, countingHoles: false))
        }
        for size in [torrent.files.asideSize(), 0] {
            let check = ResumeCheck(
                metainfo: torrent.files.metainfo,
                recorded: recorded,
                stamps: found,
                wasClean: true,
                found: found,
                aside: ([1], size)
            )
            #expect(check.trusted.indices == (size > 0 ? [0, 1, 5, 6] : [0, 6]))
        }
    }

    @Test func `get their bytes when they are wanted after all`() throws {
        let torrent = try Selected()
        try torrent.write([0, 1, 5, 6])
        torrent.files.choose(skipping: [])
        #expect(try torrent.files.bringIn())
        let b = try torrent.folder.bytes("downloads/tree/b")
        #expect(b.count == 65_536)
        #expect(b.prefix(8192) == torrent.content[24_576..<32_768])
        #expect(b.suffix(8192) == torrent.content[81_920..<90_112])
        _ = try torrent.files.settle()
        #expect(try torrent.files.read(16_384..<32_768) == Array(torrent.content[16_384..<32_768]))
        // Nothing is left to be brought in.
        #expect(try !torrent.files.bringIn())
        try torrent.files.dropAside()
        #expect(!FileManager.default.fileExists(atPath: torrent.aside))
    }

    @Test func `stay where they are when they are there already`() throws {
        let torrent = try Selected()
        torrent.files.choose(skipping: [])
        try torrent.write([0, 1, 2, 3, 4, 5, 6])
        torrent.files.choose(skipping: [1])
        _ = try torrent.files.settle()
        #expect(!torrent.files.isAside(1))
        #expect(try torrent.files.read(0..<114_688) == torrent.content)
        #expect(!FileManager.default.fileExists(atPath: torrent.aside))
    }

    @Test func `are left out when the others get all of their disk at once`() throws {
        let torrent = try Selected()
        #expect(try torrent.files.allocate(verified: Bitfield(pieceCount: 7)))
        #expect(try torrent.files.missingBytes() == 0)
        #expect(try torrent.folder.bytes("downloads/tree/a") == Array(repeating: 0, count: 24_576))
        #expect(!torrent.folder.exists("downloads/tree/b"))
        #expect(try !torrent.files.allocate(verified: Bitfield(pieceCount: 7)))
    }

    @Test func `get no disk when they are there already, cut or not`() throws {
        let torrent = try Selected()
        torrent.files.choose(skipping: [])
        try torrent.write([0])
        let before = try torrent.folder.bytes("downloads/tree/a")
        #expect(!before.isEmpty)
        _ = try torrent.files.allocate(verified: Bitfield(pieceCount: 7))
        #expect(try torrent.folder.bytes("downloads/tree/a") == before)
        #expect(torrent.folder.exists("downloads/tree/b"))
    }
}
