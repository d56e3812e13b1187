import BitTorrentTypes
import Metainfo
import PieceStore
import Testing

@Suite struct `Resume check` {
    // Two files of two pieces each, border inside piece 1:   a: 0 1½   b: ½ 2 3
    private static let lengths = [("a", 24_576), ("b", 40_960)]

    private func trusted(
        _ recorded: [Int],
        stamps: [Int: FileStamp],
        found: [Int: FileStamp],
        wasClean: Bool = false
    ) throws -> [Int] {
        let metainfo = try tree(Self.lengths)
        var bitfield = Bitfield(pieceCount: 4)
        for index in recorded { bitfield.insert(try #require(metainfo.layout.piece(index))) }
        return ResumeCheck(
            metainfo: metainfo,
            recorded: bitfield,
            stamps: stamps,
            wasClean: wasClean,
            found: found
        ).trusted.indices
    }

    private let whole = [0: FileStamp(size: 24_576, modified: 5), 1: FileStamp(size: 40_960, modified: 5)]

    @Test func `unchanged files keep every piece`() throws {
        #expect(try trusted([0, 1, 2, 3], stamps: whole, found: whole, wasClean: true) == [0, 1, 2, 3])
    }

    @Test func `a missing file takes its pieces with it, also the one it shares`() throws {
        #expect(try trusted([0, 1, 2, 3], stamps: whole, found: [1: FileStamp(size: 40_960, modified: 5)]) == [2, 3])
    }

    @Test func `a whole file that changed loses all its pieces`() throws {
        var found = whole
        found[1] = FileStamp(size: 40_960, modified: 6)
        #expect(try trusted([0, 1, 2, 3], stamps: whole, found: found) == [0])
    }

    @Test func `a file that was being filled keeps what was recorded`() throws {
        let stamps = [0: FileStamp(size: 16_384, modified: 5)]
        let found = [0: FileStamp(size: 24_576, modified: 9), 1: FileStamp(size: 100, modified: 9)]
        #expect(try trusted([0], stamps: stamps, found: found) == [0])
        #expect(try trusted([0], stamps: stamps, found: found, wasClean: true) == [])
    }

    @Test func `a file that shrank or was set back loses what was recorded`() throws {
        let stamps = [0: FileStamp(size: 16_384, modified: 5)]
        #expect(try trusted([0], stamps: stamps, found: [0: FileStamp(size: 16_383, modified: 9)]) == [])
        #expect(try trusted([0], stamps: stamps, found: [0: FileStamp(size: 16_384, modified: 4)]) == [])
    }

    @Test func `no stamp, no trust`() throws {
        #expect(try trusted([0, 1, 2, 3], stamps: [:], found: whole) == [])
    }
}
