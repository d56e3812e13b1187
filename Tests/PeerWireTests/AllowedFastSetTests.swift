import BitTorrentTypes
import PeerWire
import Testing

@Suite struct `An allowed fast set` {
    private let infoHash: InfoHash
    private let layout: PieceLayout

    init() throws {
        infoHash = try #require(InfoHash([UInt8](repeating: 0xAA, count: 20)))
        layout = try PieceLayout(totalLength: 1_313 * 16_384, pieceLength: 16_384)
    }

    private func set(_ count: Int, for ip: String) throws -> [Int] {
        let ip = try #require(IPAddress(ip))
        return AllowedFastSet.pieces(for: ip, infoHash: infoHash, layout: layout, count: count).map(\.rawValue)
    }

    @Test func `is that of the examples in BEP 6`() throws {
        #expect(try set(7, for: "80.4.4.200") == [1059, 431, 808, 1217, 287, 376, 1188])
        #expect(try set(9, for: "80.4.4.200") == [1059, 431, 808, 1217, 287, 376, 1188, 353, 508])
    }

    @Test func `is the same for a whole network`() throws {
        #expect(try set(10, for: "80.4.4.200") == set(10, for: "80.4.4.7"))
        #expect(try set(10, for: "80.4.4.200") != set(10, for: "80.4.5.200"))
        #expect(try set(10, for: "2001:db8:1::5") == set(10, for: "2001:db8:1:77::9"))
        #expect(try set(10, for: "2001:db8:1::5") != set(10, for: "2001:db8:2::5"))
    }

    @Test(arguments: [1, 3, 9, 10]) func `is every piece of a small torrent`(count: Int) throws {
        let small = try PieceLayout(totalLength: count * 16_384, pieceLength: 16_384)
        let pieces = AllowedFastSet.pieces(for: .v4(0x5004_04C8), infoHash: infoHash, layout: small)
        #expect(pieces.sorted() == Array(small.pieces))
    }
}
