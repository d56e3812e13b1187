import Bencode
import BitTorrentTypes

/// What a .torrent file is made from, once its data is hashed.
///
/// The result is written canonically and then parsed like a foreign one, so nothing is built that would be refused.
package struct MetainfoBuilder: Sendable {
    package var name: [UInt8]
    /// In the order of the torrent; the path of a single file is ignored in favour of `name`.
    package var files: [(path: [[UInt8]], length: Int)]
    package var isSingleFile: Bool
    /// In bytes.
    package var pieceLength: Int
    /// 20 bytes a piece, in order.
    package var pieceHashes: [UInt8]
    package var trackers: [[String]] = []
    package var webSeeds: [String] = []
    package var isPrivate = false
    package var comment: String?
    /// Makes the info-hash differ from that of the same data elsewhere.
    package var source: String?
    package var createdBy: String?
    /// Unix seconds.
    package var creationDate: Int?

    package init(
        name: [UInt8],
        files: [(path: [[UInt8]], length: Int)],
        isSingleFile: Bool,
        pieceLength: Int,
        pieceHashes: [UInt8]
    ) {
        self.name = name
        self.files = files
        self.isSingleFile = isSingleFile
        self.pieceLength = pieceLength
        self.pieceHashes = pieceHashes
    }

    package func build() throws(MetainfoError) -> Metainfo {
        var root = BencodeValue.trackerEntries(trackers)
        func set(_ key: String, _ value: BencodeValue?) {
            root[Array(key.utf8)] = value
        }
        set("info", .dictionary(info))
        set("url-list", webSeeds.isEmpty ? nil : .list(webSeeds.map { .text($0) }))
        set("comment", comment.map { .text($0) })
        set("created by", createdBy.map { .text($0) })
        set("creation date", creationDate.map { .integer($0) })
        return try Metainfo.parse(BencodeValue.dictionary(root).encoded())
    }

    /// A power of two that gives at most 2,048 pieces where 16 MiB pieces suffice for that.
    package static func automaticPieceLength(totalLength: Int) -> Int {
        var length = PieceLayout.blockLength
        while length < 16 << 20, totalLength / length > 2_048 { length *= 2 }
        while length < MetainfoParser.maximumPieceLength, totalLength / length >= PieceLayout.maximumPieceCount {
            length *= 2
        }
        return length
    }

    private var info: [[UInt8]: BencodeValue] {
        var info: [[UInt8]: BencodeValue] = [
            Array("name".utf8): .string(name),
            Array("piece length".utf8): .integer(pieceLength),
            Array("pieces".utf8): .string(pieceHashes),
        ]
        if isSingleFile, let file = files.first, files.count == 1 {
            info[Array("length".utf8)] = .integer(file.length)
        } else {
            info[Array("files".utf8)] = .list(
                files.map { file in
                    ["length": .integer(file.length), "path": .list(file.path.map { .string($0) })]
                }
            )
        }
        if isPrivate { info[Array("private".utf8)] = 1 }
        if let source { info[Array("source".utf8)] = .text(source) }
        return info
    }
}
