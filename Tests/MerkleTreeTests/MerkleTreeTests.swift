import BitTorrentTypes
import Crypto
import MerkleTree
import Testing

/// A file whose byte `i` is `i * 31 ^ i >> 8`, and what libtorrent 2.1.1 (`create_torrent`, v2_only) says of it.
struct KnownTree: Sendable {
    let length: Int
    let pieceLength: Int
    let root: String
    /// SHA-256 of the piece layer; none for a file no longer than a piece.
    let layer: String?

    init(_ length: Int, _ pieceLength: Int, _ root: String, _ layer: String?) {
        self.length = length
        self.pieceLength = pieceLength
        self.root = root
        self.layer = layer
    }

    var leaves: [UInt8] {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: ($0 * 31) ^ ($0 >> 8)) }
        return stride(from: 0, to: length, by: MerkleTree.leafLength).reduce(into: []) { leaves, start in
            leaves += SHA256.hash(data: bytes[start..<min(start + MerkleTree.leafLength, length)])
        }
    }
}

@Suite struct `Merkle tree` {
    @Test(arguments: [
        KnownTree(1, 16_384, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", nil),
        KnownTree(16_384, 16_384, "7c1a3fc70ce4eccec9abc22edb6cc81bfcbad35cb5cbf2e15ada835c5bab6b46", nil),
        KnownTree(
            16_385,
            16_384,
            "6bba7d8cb69c85d2aa0fd24012d7d5e1bbbb5478cadd8ca1dfe4466c62184c52",
            "6bba7d8cb69c85d2aa0fd24012d7d5e1bbbb5478cadd8ca1dfe4466c62184c52"
        ),
        KnownTree(16_385, 65_536, "6bba7d8cb69c85d2aa0fd24012d7d5e1bbbb5478cadd8ca1dfe4466c62184c52", nil),
        KnownTree(40_000, 65_536, "59879b7d54b941882a795baf1ad522a0b20e99cfe981b26e6bb6d98958920379", nil),
        KnownTree(65_536, 65_536, "433bcca821b356ea43217ec491cbd7cf2f1bc58a9406546f971d44d5bd0d2521", nil),
        KnownTree(
            65_537,
            65_536,
            "0ab76be5b758168d53d5261a613feaaf2557b0a4fa2a6c835ab516af83c5b68e",
            "0ab76be5b758168d53d5261a613feaaf2557b0a4fa2a6c835ab516af83c5b68e"
        ),
        KnownTree(
            100_000,
            32_768,
            "78d771d7f1b1e45e8a736999ab8c4977aabfe5877a1dc3089ae15f8e8e5bba7c",
            "f6b50579dcde2b13a155cc5a6f0593e001611386a20de2a313aaa525dfb061ed"
        ),
        KnownTree(
            300_000,
            32_768,
            "45e7a32eb1ad0e32b366a56dfab4f97a4d87668a2135027258009c80b0adf174",
            "8371b3301ffbf0803d500ea761f072a5b14751e86ce7a5c67ecd9e9d35378af3"
        ),
        KnownTree(300_000, 1 << 20, "45e7a32eb1ad0e32b366a56dfab4f97a4d87668a2135027258009c80b0adf174", nil),
    ])
    func `has the roots and piece layers of libtorrent`(known: KnownTree) {
        let layer = MerkleTree.pieceLayer(ofLeaves: known.leaves[...], pieceLength: known.pieceLength)
        let root = MerkleTree.root(ofPieceLayer: layer[...], pieceLength: known.pieceLength)
        if let expected = known.layer {
            #expect(Hexadecimal.encode(SHA256.hash(data: layer)) == expected)
            #expect(Hexadecimal.encode(root) == known.root)
        } else {
            #expect(Hexadecimal.encode(layer) == known.root)
        }
    }

    @Test(arguments: 1...40)
    func `needs no zero leaf that it does not keep`(count: Int) {
        let leaves = (0..<count).reduce(into: [UInt8]()) { $0 += [UInt8](repeating: UInt8($1 + 1), count: 32) }
        for width in [64, 128, 1_024] {
            let padding = [UInt8](repeating: 0, count: (width - count) * 32)
            let padded = MerkleTree.root(ofLeaves: (leaves + padding)[...], width: width)
            #expect(MerkleTree.root(ofLeaves: leaves[...], width: width) == padded)
        }
    }

    @Test func `of no leaves is that of zeros`() {
        let zeros = [UInt8](repeating: 0, count: 8 * 32)
        #expect(MerkleTree.root(ofLeaves: [], width: 8) == MerkleTree.root(ofLeaves: zeros[...], width: 8))
        #expect(MerkleTree.root(ofLeaves: [], width: 1) == [UInt8](repeating: 0, count: 32))
        #expect(MerkleTree.pieceLayer(ofLeaves: [], pieceLength: 65_536).isEmpty)
    }

    @Test func `takes a slice from the middle of a row`() {
        let row = (0..<96).map { UInt8($0) }
        #expect(MerkleTree.root(ofLeaves: row[32..<64], width: 1) == Array(row[32..<64]))
        #expect(MerkleTree.root(ofLeaves: row[32...], width: 2) == Array(SHA256.hash(data: row[32...])))
    }

    @Test(
        arguments: [
            (1, 16_384, 1), (16_384, 16_384, 1), (1 << 40, 16_384, 1), (1, 65_536, 1), (16_385, 65_536, 2),
            (40_000, 65_536, 4), (65_536, 65_536, 4), (65_537, 65_536, 4), (65_535, 1 << 20, 4), (65_537, 1 << 20, 8),
            (Int.max, 512 << 20, 32_768), (Int.max, 1 << 62, 1 << 48),
        ] as [(Int, Int, Int)]
    )
    func `is as wide as a piece, or as a shorter file`(length: Int, pieceLength: Int, width: Int) {
        #expect(MerkleTree.treeWidth(forLength: length, pieceLength: pieceLength) == width)
    }

    @Test func `counts leaves and knows lengths of pieces`() {
        let lengths = [-1, 0, 1, 16_384, 16_385, Int.max]
        #expect(lengths.map(MerkleTree.leafCount) == [0, 0, 1, 1, 2, 1 << 49])
        let pieces = [Int.min, -16_384, 0, 8_192, 16_384, 49_152, 65_536, 1 << 62]
        #expect(pieces.map(MerkleTree.isPieceLength) == [false, false, false, false, true, false, true, true])
    }
}
