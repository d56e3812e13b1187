import Bencode
import BitTorrentTypes
import Metainfo
import Testing

/// A field to change in a valid torrent of version 2 or a hybrid, or its layers, and what that is refused for.
struct TreeFault: Sendable {
    let bytes: [UInt8]
    let error: MetainfoError

    init(info: [String: BencodeValue?], _ error: MetainfoError) {
        bytes = VersionTwoTorrent.bytes(info: info)
        self.error = error
    }

    init(tree: BencodeValue, _ fault: VersionTwoFault) {
        self.init(info: ["file tree": tree], .versionTwo(fault))
    }

    init(layers: BencodeValue?, _ error: MetainfoError) {
        bytes = VersionTwoTorrent.bytes(layers: layers)
        self.error = error
    }

    /// A hybrid with other files of version 1.
    init(hybrid change: (inout [BencodeValue]) -> Void, _ fault: VersionTwoFault, pieces: Int = 5) {
        var files = VersionTwoTorrent.versionOneFiles
        change(&files)
        bytes = VersionTwoTorrent.hybrid(["files": .list(files), "pieces": SampleTorrent.hashes(pieces)])
        error = .versionTwo(fault)
    }
}

@Suite struct `Metainfo of version 2 refuses` {
    static let root = VersionTwoTorrent.root
    static let layer = VersionTwoTorrent.layer
    static let good = VersionTwoTorrent.file(5, VersionTwoTorrent.smallRoot)

    @Test(arguments: [3, 0, -1, Int.max])
    func `other versions, before all else`(version: Int) {
        let bytes = SampleTorrent.dictionary(["info": ["meta version": .integer(version), "name": 1]]).encoded()
        #expect(SampleTorrent.fault(bytes) == .unsupportedVersion(version))
        #expect(MetainfoError.unsupportedVersion(version).description.contains("unsupported version"))
    }

    @Test(arguments: [8_192, 49_152, 16_383, 1])
    func `pieces that are no power of two of at least 16 KiB`(length: Int) {
        let error = MetainfoError.versionTwo(.badPieceLength(length))
        #expect(SampleTorrent.fault(VersionTwoTorrent.bytes(info: ["piece length": .integer(length)])) == error)
    }

    @Test(arguments: [
        TreeFault(info: ["meta version": "2"], .wrongType(field: "meta version", expected: "an integer")),
        TreeFault(info: ["file tree": nil], .missing(field: "file tree")),
        TreeFault(info: ["file tree": []], .wrongType(field: "file tree", expected: "a dictionary")),
        TreeFault(tree: [:], .emptyTree),
        TreeFault(tree: ["a": [:]], .emptyTree),
        TreeFault(tree: ["": ["length": 1]], .fileAtRoot),
        TreeFault(tree: ["a": 1], .notDictionary(path: "a")),
        TreeFault(tree: ["a": ["": 1]], .notDictionary(path: "a")),
        TreeFault(tree: ["a": ["": ["length": 0], "b": good]], .fileWithSiblings(path: "a")),
        TreeFault(tree: ["a": ["": ["length": 1, "attr": "p"]]], .paddingInTree(path: "a")),
        TreeFault(info: ["file tree": ["a": ["": [:]]]], .missing(field: "length")),
        TreeFault(
            info: ["file tree": ["a": ["": ["length": -1]]]],
            .outOfRange(field: "length", value: -1, allowed: 0...Int.max)
        ),
        TreeFault(info: ["file tree": ["a": ["": ["length": 5]]]], .missing(field: "pieces root")),
        TreeFault(
            tree: ["a": VersionTwoTorrent.file(5, [UInt8](repeating: 1, count: 31))],
            .badPiecesRoot(path: "a")
        ),
        TreeFault(
            tree: ["a": VersionTwoTorrent.file(5, [UInt8](repeating: 0, count: 32))],
            .badPiecesRoot(path: "a")
        ),
        TreeFault(info: ["file tree": ["a": ["": ["length": 0]]]], .layout(.emptyTorrent)),
        TreeFault(info: ["file tree": ["..": good]], .path(.dots, path: "..")),
        TreeFault(info: ["file tree": ["a": ["b/c": good]]], .path(.separator, path: "a/b/c")),
        TreeFault(info: ["file tree": ["A": good, "a": good]], .pathCollision(path: "a")),
        TreeFault(info: ["file tree": ["a": ["": ["length": 1, "attr": "l"]]]], .linkWithLength(path: "a")),
        TreeFault(
            info: ["file tree": ["a": VersionTwoTorrent.file(.integer(1 << 60), root)]],
            .layout(.tooManyPieces(1 << 45))
        ),
        TreeFault(
            info: ["file tree": ["a": VersionTwoTorrent.file(.integer(.max), root), "b": good]],
            .totalLengthOverflow
        ),
    ])
    func `wrong trees`(fault: TreeFault) {
        #expect(SampleTorrent.fault(fault.bytes) == fault.error)
    }

    @Test(arguments: [
        TreeFault(layers: nil, .missing(field: "piece layers")),
        TreeFault(layers: [], .wrongType(field: "piece layers", expected: "a dictionary")),
        TreeFault(layers: [:], .versionTwo(.missingLayer(path: "a"))),
        TreeFault(
            layers: .dictionary([root: 1]),
            .wrongType(field: "piece layers", expected: "full of strings")
        ),
        TreeFault(layers: .dictionary([Array(root.dropLast()): .string(layer)]), .versionTwo(.badLayerKey(count: 31))),
        TreeFault(
            layers: .dictionary([root: .string(Array(layer.dropLast()))]),
            .versionTwo(.badLayerLength(path: "a", expected: 64, actual: 63))
        ),
        TreeFault(
            layers: .dictionary([root: .string(Array(layer.dropLast(32)))]),
            .versionTwo(.badLayerLength(path: "a", expected: 64, actual: 32))
        ),
        TreeFault(
            layers: .dictionary([root: .string(layer + layer)]),
            .versionTwo(.badLayerLength(path: "a", expected: 64, actual: 128))
        ),
        TreeFault(
            layers: .dictionary([root: .string([0] + layer.dropFirst())]),
            .versionTwo(.layerDiffersFromRoot(path: "a"))
        ),
        TreeFault(
            layers: .dictionary([root: .string(layer), [UInt8](repeating: 0xEE, count: 32): .string(layer)]),
            .versionTwo(.unknownLayer(root: String(repeating: "ee", count: 32)))
        ),
    ])
    func `wrong layers`(fault: TreeFault) {
        #expect(SampleTorrent.fault(fault.bytes) == fault.error)
    }

    @Test(arguments: [
        TreeFault(hybrid: { $0[0] = SampleTorrent.file("x", length: 40_000) }, .differsFromVersionOne(path: "x")),
        TreeFault(hybrid: { $0[0] = SampleTorrent.file("a", length: 39_999) }, .differsFromVersionOne(path: "a")),
        TreeFault(hybrid: { $0.swapAt(0, 2) }, .differsFromVersionOne(path: "b")),
        TreeFault(hybrid: { $0.remove(at: 1) }, .unaligned(path: "b"), pieces: 5),
        TreeFault(hybrid: { $0[1] = VersionTwoTorrent.padding(25_536 + 32_768) }, .unaligned(path: "b"), pieces: 6),
        TreeFault(hybrid: { $0.insert(VersionTwoTorrent.padding(32_768), at: 0) }, .unaligned(path: "a"), pieces: 6),
        TreeFault(hybrid: { $0.append(VersionTwoTorrent.padding(1)) }, .unaligned(path: ".pad/1"), pieces: 6),
        TreeFault(hybrid: { $0.removeLast() }, .differsFromVersionOne(path: "c/e")),
        TreeFault(hybrid: { $0.append(SampleTorrent.file("z", length: 0)) }, .differsFromVersionOne(path: "z")),
    ])
    func `halves of a hybrid that differ`(fault: TreeFault) {
        #expect(SampleTorrent.fault(fault.bytes) == fault.error)
    }

    @Test func `a hybrid whose version 1 is not whole`() {
        #expect(SampleTorrent.fault(VersionTwoTorrent.hybrid(["pieces": nil])) == .missing(field: "pieces"))
        #expect(SampleTorrent.fault(VersionTwoTorrent.hybrid(["files": nil])) == .neitherLengthNorFiles)
        #expect(
            SampleTorrent.fault(VersionTwoTorrent.hybrid(["pieces": SampleTorrent.hashes(4)]))
                == .wrongPieceCount(expected: 5, actual: 4)
        )
    }

    @Test func `an exbibyte in two hundred bytes, and a tree without end`() {
        let tree: BencodeValue = ["a": VersionTwoTorrent.file(.integer(1 << 60), Self.root)]
        let bytes = VersionTwoTorrent.bytes(info: ["file tree": tree, "piece length": 16_384], layers: nil)
        #expect(bytes.count < 250)
        #expect(SampleTorrent.fault(bytes) == .layout(.tooManyPieces(1 << 46)))
        let deep = String(repeating: "d1:a", count: 5_000) + String(repeating: "e", count: 5_000)
        let error = MetainfoError.bencode(.tooDeep(limit: 100, offset: 7 + 11 + 1 + 98 * 4))
        #expect(SampleTorrent.fault("d4:infod9:file tree\(deep)ee".bytes) == error)
    }

    @Test func `every torrent cut short`() {
        for bytes in [VersionTwoTorrent.bytes(), VersionTwoTorrent.hybrid()] {
            for count in bytes.indices { #expect(SampleTorrent.fault(Array(bytes.prefix(count))) != nil) }
        }
    }
}

extension TreeFault: CustomTestStringConvertible {
    var testDescription: String { "\(error)" }
}
