import Bencode
import BitTorrentTypes
import MerkleTree
import Metainfo

/// A valid torrent of version 2 or a hybrid, in pieces of 32 KiB, with single fields changed or taken out.
///
///     files    │ a, 40,000   │(padding)│ b, 40,000, the same │(padding)│ c/d, 5 │(padding)     c/e, empty
///     pieces   │ 0      │ 1           │ 2      │ 3                    │ 4
///
/// In the hybrid padding stands behind every file, in version 2 nowhere.
enum VersionTwoTorrent {
    static let pieceLength = 32_768
    static let layer = [UInt8](repeating: 1, count: 32) + [UInt8](repeating: 2, count: 32)
    static let root = MerkleTree.root(ofPieceLayer: layer[...], pieceLength: pieceLength)
    static let smallRoot = [UInt8](repeating: 3, count: 32)

    static let tree: BencodeValue = [
        "a": file(40_000, root), "b": file(40_000, root), "c": ["d": file(5, smallRoot), "e": ["": ["length": 0]]],
    ]
    static let versionOneFiles: [BencodeValue] = [
        SampleTorrent.file("a", length: 40_000), padding(25_536), SampleTorrent.file("b", length: 40_000),
        padding(25_536), SampleTorrent.file("c", "d", length: 5), padding(32_763),
        SampleTorrent.file("c", "e", length: 0),
    ]

    static func file(_ length: BencodeValue, _ root: [UInt8]?) -> BencodeValue {
        [
            "": SampleTorrent.dictionary(
                root.map { ["length": length, "pieces root": .string($0)] } ?? ["length": length]
            )
        ]
    }

    static func padding(_ length: Int) -> BencodeValue {
        SampleTorrent.file(".pad", .text("\(length)"), length: .integer(length), attr: "p")
    }

    /// A change to `nil` takes the field out.
    static func bytes(
        info changes: [String: BencodeValue?] = [:],
        layers: BencodeValue? = .dictionary([root: .string(layer)])
    ) -> [UInt8] {
        var fields: [String: BencodeValue] = [
            "name": "two", "piece length": .integer(pieceLength), "meta version": 2, "file tree": tree,
        ]
        for (key, value) in changes { fields[key] = value }
        var root: [String: BencodeValue] = ["info": SampleTorrent.dictionary(fields)]
        root["piece layers"] = layers
        return SampleTorrent.dictionary(root).encoded()
    }

    static func hybrid(_ changes: [String: BencodeValue?] = [:]) -> [UInt8] {
        let halves: [String: BencodeValue?] = [
            "files": .list(versionOneFiles), "pieces": SampleTorrent.hashes(5),
        ]
        return bytes(info: halves.merging(changes) { $1 })
    }
}
