import Bencode
import BitTorrentTypes
import Metainfo
import Testing

@Suite struct `Metainfo of version 2` {
    @Test func `lets every file begin with a piece`() throws {
        let torrent = try Metainfo.parse(VersionTwoTorrent.bytes())
        #expect(torrent.version == .v2)
        #expect(
            torrent.files.map { String(decoding: Array($0.path.joined(separator: [0x2F])), as: UTF8.self) }
                == ["a", ".pad/25536", "b", ".pad/25536", "c/d", "c/e"]
        )
        #expect(torrent.files.map(\.offset) == [0, 40_000, 65_536, 105_536, 131_072, 131_077])
        #expect(torrent.files.map(\.isPadding) == [false, true, false, true, false, false])
        #expect(torrent.layout.pieceCount == 5 && torrent.layout.totalLength == 131_077)
        #expect(torrent.payloadLength == 80_005)
        #expect(!torrent.isSingleFile && torrent.warnings.isEmpty)
    }

    @Test func `tells the tree over each piece, equal files alike`() throws {
        let torrent = try Metainfo.parse(VersionTwoTorrent.bytes())
        let one = [UInt8](repeating: 1, count: 32)
        let two = [UInt8](repeating: 2, count: 32)
        let roots: [[UInt8]] = torrent.layout.pieces.compactMap { torrent.merkleRoot(of: $0).map { Array($0) } }
        #expect(roots == [one, two, one, two, VersionTwoTorrent.smallRoot])
        let widths: [Int] = torrent.layout.pieces.compactMap { torrent.treeWidth(of: $0) }
        #expect(widths == [2, 2, 2, 2, 1])
        let last = try #require(torrent.layout.piece(4))
        #expect(torrent.hashKind(of: last) == .merkleRoot(treeWidth: 1))
        #expect(torrent.hashes(of: last) == PieceHashes(sha1: nil, merkleRoot: VersionTwoTorrent.smallRoot))
        #expect(
            torrent.files.map(\.piecesRoot) == [
                VersionTwoTorrent.root, nil, VersionTwoTorrent.root, nil, VersionTwoTorrent.smallRoot, nil,
            ]
        )
    }

    @Test func `is named by the start of its hash on the wire`() throws {
        // Hashed with sha256sum.
        let info =
            "d9:file treed1:ad0:d6:lengthi1e11:pieces root32:\(String(repeating: "r", count: 32))eee"
            + "12:meta versioni2e4:name1:a12:piece lengthi16384ee"
        let torrent = try Metainfo.parse("d4:info\(info)12:piece layersdee".bytes)
        #expect(torrent.infoHashV2?.hex == "3add2feb19f530f7525ef4522eadac3e9eea27ba9fffdb8c9f5758df597da4b1")
        #expect(torrent.infoHash.hex == "3add2feb19f530f7525ef4522eadac3e9eea27ba")
        #expect(torrent.infoHashV1 == nil)
        #expect(torrent.isSingleFile && torrent.files.map(\.path) == [["a".bytes]])
        #expect(MagnetLink(torrent).text.hasPrefix("magnet:?xt=urn:btmh:12203add2feb"))
        #expect(throws: MetainfoError.versionTwoOnly) { try torrent.requireShareable() }
    }

    @Test func `is one file only when the file has the name of the torrent`() throws {
        let tree: BencodeValue = ["x": VersionTwoTorrent.file(5, VersionTwoTorrent.smallRoot)]
        func torrent(named name: BencodeValue) throws -> Metainfo {
            try Metainfo.parse(VersionTwoTorrent.bytes(info: ["file tree": tree, "name": name], layers: [:]))
        }
        #expect(try torrent(named: "x").isSingleFile)
        #expect(try !torrent(named: "y").isSingleFile)
    }

    @Test func `needs no layers when no file is longer than a piece`() throws {
        let tree: BencodeValue = ["x": VersionTwoTorrent.file(32_768, VersionTwoTorrent.smallRoot)]
        let torrent = try Metainfo.parse(VersionTwoTorrent.bytes(info: ["file tree": tree], layers: nil))
        let piece = try #require(torrent.layout.piece(0))
        #expect(torrent.merkleRoot(of: piece).map { Array($0) } == VersionTwoTorrent.smallRoot)
    }

    @Test func `leaves out links and empty folders`() throws {
        let tree: BencodeValue = [
            "empty": [:], "link": ["": ["attr": "l", "symlink path": ["x"]]],
            "x": VersionTwoTorrent.file(5, VersionTwoTorrent.smallRoot),
        ]
        let torrent = try Metainfo.parse(VersionTwoTorrent.bytes(info: ["file tree": tree], layers: [:]))
        #expect(torrent.files.map(\.path) == [["x".bytes]])
        #expect(torrent.warnings == ["symbolic link left out: link"])
    }

    @Test func `keeps its layers when trackers are added`() throws {
        let torrent = try Metainfo.parse(VersionTwoTorrent.bytes()).addingTrackers([["http://a/"]])
        #expect(try Metainfo.parse(torrent.bytes) == torrent)
    }

    @Test func `without a meta version is version 1`() throws {
        let one = SampleTorrent.bytes(info: ["file tree": VersionTwoTorrent.tree])
        let torrent = try Metainfo.parse(one)
        #expect(torrent.version == .v1 && torrent.infoHashV2 == nil)
        #expect(torrent.warnings == ["'file tree' ignored: the torrent has no 'meta version'"])
        let two = VersionTwoTorrent.bytes(info: ["meta version": nil])
        #expect(SampleTorrent.fault(two) == .missing(field: "meta version"))
    }
}

@Suite struct `Metainfo of a hybrid` {
    @Test func `tells both hashes of each piece`() throws {
        let torrent = try Metainfo.parse(VersionTwoTorrent.hybrid())
        #expect(torrent.version == .hybrid && torrent.warnings.isEmpty)
        #expect(torrent.infoHashV1 == torrent.infoHash)
        #expect(torrent.infoHashV2?.truncated != torrent.infoHash)
        #expect(torrent.layout.totalLength == 5 * VersionTwoTorrent.pieceLength)
        #expect(torrent.payloadLength == 80_005)
        let first = try #require(torrent.layout.piece(0))
        #expect(torrent.hashKind(of: first) == .both(treeWidth: 2))
        #expect(torrent.hashes(of: first).sha1 == [UInt8](repeating: 0xAB, count: 20))
        #expect(torrent.hashes(of: first).merkleRoot == [UInt8](repeating: 1, count: 32))
        #expect(MagnetLink(torrent).text.contains("&xt=urn:btmh:1220"))
        try torrent.requireShareable()
    }

    @Test func `may leave out the padding at its end, or cut padding up`() throws {
        var files = VersionTwoTorrent.versionOneFiles
        files.remove(at: 5)
        let short = try Metainfo.parse(VersionTwoTorrent.hybrid(["files": .list(files)]))
        #expect(short.layout.totalLength == 4 * VersionTwoTorrent.pieceLength + 5)
        files[1] = VersionTwoTorrent.padding(25_000)
        files.insert(VersionTwoTorrent.padding(536), at: 2)
        #expect(try Metainfo.parse(VersionTwoTorrent.hybrid(["files": .list(files)])).layout == short.layout)
    }

    @Test func `of one file has a length and no padding`() throws {
        let bytes = VersionTwoTorrent.bytes(
            info: [
                "length": 40_000, "pieces": SampleTorrent.hashes(2),
                "file tree": ["two": VersionTwoTorrent.file(40_000, VersionTwoTorrent.root)],
            ]
        )
        let torrent = try Metainfo.parse(bytes)
        #expect(torrent.isSingleFile && torrent.version == .hybrid)
        let widths: [Int] = torrent.layout.pieces.compactMap { torrent.treeWidth(of: $0) }
        #expect(widths == [2, 2])
    }
}
