import Bencode
import BitTorrentTypes
import MerkleTree

/// What a .torrent file is made from, once its data is hashed.
///
/// The result is written canonically and then parsed like a foreign one, so nothing is built that would be refused.
/// The info-hashes are those of libtorrent 2.1.1 for the same files, names and piece length.
package struct MetainfoBuilder: Sendable {
    package var version: MetainfoVersion
    package var name: [UInt8]
    /// Without padding; in the order of the torrent, which for a hybrid must be ``FileTreeOrder``.
    ///
    /// The path of a single file is ignored in favour of `name`.
    package var files: [(path: [[UInt8]], length: Int)]
    package var isSingleFile: Bool
    /// In bytes.
    package var pieceLength: Int
    /// Version 1: 20 bytes a piece, in order; in a hybrid pieces run over the padding of ``FileAlignment``.
    package var pieceHashes: [UInt8]
    /// Version 2: for each of `files` the roots of the trees over its pieces, 32 bytes each; none for an empty file.
    package var pieceLayers: [[UInt8]]
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
        version: MetainfoVersion = .v1,
        name: [UInt8],
        files: [(path: [[UInt8]], length: Int)],
        isSingleFile: Bool,
        pieceLength: Int,
        pieceHashes: [UInt8] = [],
        pieceLayers: [[UInt8]] = []
    ) {
        self.version = version
        self.name = name
        self.files = files
        self.isSingleFile = isSingleFile
        self.pieceLength = pieceLength
        self.pieceHashes = pieceHashes
        self.pieceLayers = pieceLayers
    }

    package func build() throws(MetainfoError) -> Metainfo {
        let tree = version.hasV2 ? try FileTreeWriter(self) : nil
        var writer = BencodeWriter(reservingCapacity: 1_024 + 128 * files.count + pieceHashes.count)
        writer.dictionary { root in
            let trackers = BencodeValue.trackerEntries(trackers)
            for key in Metainfo.trackerKeys {
                guard let value = trackers[key] else { continue }
                root.string(key)
                root.value(value)
            }
            root.entry("comment", comment.map { .text($0) })
            root.entry("created by", createdBy.map { .text($0) })
            root.entry("creation date", creationDate.map { .integer($0) })
            root.key("info")
            root.dictionary { writeInfo(&$0, tree) }
            tree?.writePieceLayers(to: &root)
            root.entry("url-list", webSeeds.isEmpty ? nil : .list(webSeeds.map { .text($0) }))
        }
        return try Metainfo.parse(writer.bytes)
    }

    private func writeInfo(_ info: inout BencodeWriter, _ tree: FileTreeWriter?) {
        tree?.writeFileTree(to: &info)
        if version.hasV1 { writeFiles(to: &info) }
        info.entry("meta version", version.hasV2 ? 2 : nil)
        info.entry("name", .string(name))
        info.entry("piece length", .integer(pieceLength))
        info.entry("pieces", version.hasV1 ? .string(pieceHashes) : nil)
        info.entry("private", isPrivate ? 1 : nil)
        info.entry("source", source.map { .text($0) })
    }

    private func writeFiles(to info: inout BencodeWriter) {
        if isSingleFile, let file = files.first, files.count == 1 {
            info.entry("length", .integer(file.length))
            return
        }
        info.key("files")
        info.list { list in
            for file in files {
                list.file(file.path, length: file.length)
                guard version.hasV2, file.length > 0, pieceLength > 0 else { continue }
                let padding = FileAlignment.paddingInHybrid(
                    after: file.length,
                    pieceLength: pieceLength,
                    fileCount: files.count
                )
                guard padding > 0 else { continue }
                list.file(FileAlignment.paddingPath(length: padding), length: padding, attributes: "p")
            }
        }
    }
}

extension BencodeWriter {
    /// A key and its value, or neither.
    fileprivate mutating func entry(_ key: String, _ value: BencodeValue?) {
        guard let value else { return }
        self.key(key)
        self.value(value)
    }

    /// An entry of `files`.
    fileprivate mutating func file(_ path: [[UInt8]], length: Int, attributes: String? = nil) {
        beginDictionary()
        if let attributes {
            key("attr")
            text(attributes)
        }
        key("length")
        integer(length)
        key("path")
        beginList()
        for component in path { string(component) }
        end()
        end()
    }
}
