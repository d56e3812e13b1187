import BitTorrentTypes
import MerkleTree
import Metainfo
import SeededRandom
import Testing

@Suite struct `Random trees` {
    @Test(arguments: 0..<30)
    func `are read as they were built, in every version`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(1_000 + seed))
        let pieceLength = [16_384, 32_768, 131_072].randomElement(using: &generator) ?? 16_384
        let tree = randomTree(pieceLength, using: &generator)
        for version in MetainfoVersion.allCases {
            let builder = tree.builder(version, pieceLength: pieceLength)
            let torrent = try builder.build()
            let real = torrent.files.filter { !$0.isPadding }
            #expect(torrent.version == version && torrent.warnings.isEmpty)
            #expect(real.map(\.path) == tree.files.map(\.path))
            #expect(real.map(\.length) == tree.files.map(\.content.count))
            #expect(torrent.payloadLength == tree.files.reduce(0) { $0 + $1.content.count })
            #expect(try Metainfo.parse(torrent.bytes) == torrent)
            guard version.hasV2 else { continue }
            for (file, layer) in zip(real, builder.pieceLayers) where file.length > 0 {
                #expect(file.offset.isMultiple(of: pieceLength))
                let pieces = torrent.layout.pieces.dropFirst(file.offset / pieceLength)
                let roots = pieces.prefix(layer.count / 32).compactMap { torrent.merkleRoot(of: $0) }
                #expect(Array(roots.joined()) == layer)
                let width = MerkleTree.treeWidth(forLength: file.length, pieceLength: pieceLength)
                #expect(pieces.first.flatMap { torrent.treeWidth(of: $0) } == width)
            }
        }
    }

    @Test func `are in the order of their tree, not of their joined paths`() throws {
        let paths: [[[UInt8]]] = [["a", "x"], ["a-b"], ["a.txt"], ["a0"]].map { $0.map(\.bytes) }
        #expect(paths.shuffled().sorted { key($0).lexicographicallyPrecedes(key($1)) } == paths)
        let tree = HashedTree(name: "t", files: paths.map { ($0, [1, 2, 3]) })
        #expect(try tree.builder(.hybrid, pieceLength: 16_384).build().layout.pieceCount == 4)
        let joined = HashedTree(name: "t", files: [paths[1], paths[2], paths[0], paths[3]].map { ($0, [1, 2, 3]) })
        #expect(throws: MetainfoError.versionTwo(.differsFromVersionOne(path: "a-b"))) {
            try joined.builder(.hybrid, pieceLength: 16_384).build()
        }
        #expect(try joined.builder(.v2, pieceLength: 16_384).build().infoHashV2 != nil)
    }

    @Test func `with the wrong layers are not built`() throws {
        let tree = HashedTree(name: "t", files: [(["a".bytes], [UInt8](repeating: 1, count: 20_000))])
        var builder = tree.builder(.v2, pieceLength: 16_384)
        builder.pieceLayers[0].removeLast()
        #expect(throws: MetainfoError.versionTwo(.badLayerLength(path: "a", expected: 64, actual: 63))) {
            try builder.build()
        }
        builder.pieceLength = 20_000
        #expect(throws: MetainfoError.versionTwo(.badPieceLength(20_000))) { try builder.build() }
    }

    private func key(_ path: [[UInt8]]) -> [UInt8] { FileTreeOrder.key(of: path) }

    /// Up to a dozen files, some empty, some equal, in folders up to three deep.
    private func randomTree(_ pieceLength: Int, using generator: inout SeededGenerator) -> HashedTree {
        let names = ["a", "b", "a-b", "b.txt", "c d", "ü", "文件", "z", "~", "0"]
        let lengths = [0, 1, 16_383, 16_384, 16_385, pieceLength, pieceLength + 1, 3 * pieceLength - 7]
        var files: [[UInt8]: (path: [[UInt8]], content: [UInt8])] = [:]
        for _ in 0..<Int.random(in: 2...12, using: &generator) {
            var path = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                "dir \(names.randomElement(using: &generator) ?? "")".bytes
            }
            path.append((names.randomElement(using: &generator) ?? "").bytes)
            let length = lengths.randomElement(using: &generator) ?? 1
            files[key(path)] = (path, [UInt8](repeating: .random(in: 0...3, using: &generator), count: length))
        }
        files[key(["~~".bytes])] = (["~~".bytes], [1])
        return HashedTree(
            name: "random",
            files: files.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
        )
    }
}
