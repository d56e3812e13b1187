import Bencode
import MerkleTree

/// Writes what BEP 52 adds to a torrent: the file tree, and the piece layers of the files in it.
///
///     a/x  a/y  b      d 1:a d 1:x d0:d…ee 1:y d0:d…ee e 1:b d0:d…ee e
///                            └ opened for x, closed for b
///
/// As in torrents of libtorrent: a file without bytes has no root, a file no longer than a piece no layer, equal files
/// one layer, and the layers are there even when there is none.
struct FileTreeWriter {
    private let files: [(path: [[UInt8]], length: Int)]
    /// Of each of `files`.
    private let roots: [[UInt8]]
    private let layers: [[UInt8]: [UInt8]]

    /// Puts the files of a torrent in the order of the tree and takes their roots.
    init(_ torrent: MetainfoBuilder) throws(MetainfoError) {
        let pieceLength = torrent.pieceLength
        guard MerkleTree.isPieceLength(pieceLength) else { throw .versionTwo(.badPieceLength(pieceLength)) }
        precondition(
            torrent.pieceLayers.count == torrent.files.count,
            "each file has a piece layer, an empty one at least"
        )
        var entries: [(key: [UInt8], file: (path: [[UInt8]], length: Int), root: [UInt8])] = []
        entries.reserveCapacity(torrent.files.count)
        var layers: [[UInt8]: [UInt8]] = [:]
        for (file, layer) in zip(torrent.files, torrent.pieceLayers) {
            let pieces = file.length > 0 ? (file.length - 1) / pieceLength + 1 : 0
            guard layer.count / MerkleTree.hashLength == pieces, layer.count % MerkleTree.hashLength == 0 else {
                throw .versionTwo(
                    .badLayerLength(
                        path: MetainfoParser.shown(file.path),
                        expected: pieces.multipliedReportingOverflow(by: MerkleTree.hashLength).partialValue,
                        actual: layer.count
                    )
                )
            }
            var root = layer
            if pieces > 1 {
                root = MerkleTree.root(ofPieceLayer: layer[...], pieceLength: pieceLength)
                layers[root] = layer
            }
            let path = torrent.isSingleFile ? [torrent.name] : file.path
            entries.append((FileTreeOrder.key(of: path), (path, file.length), root))
        }
        entries.sort { $0.key.lexicographicallyPrecedes($1.key) }
        files = entries.map(\.file)
        roots = entries.map(\.root)
        self.layers = layers
    }

    func writeFileTree(to info: inout BencodeWriter) {
        info.key("file tree")
        info.beginDictionary()
        var open: ArraySlice<[UInt8]> = []
        for (file, root) in zip(files, roots) {
            let folder = file.path.dropLast()
            let common = zip(open, folder).prefix { $0 == $1 }.count
            for _ in common..<open.count { info.end() }
            for component in folder.dropFirst(common) {
                info.string(component)
                info.beginDictionary()
            }
            open = folder
            info.string(file.path.last ?? [])
            info.beginDictionary()
            info.key("")
            info.beginDictionary()
            info.key("length")
            info.integer(file.length)
            if !root.isEmpty {
                info.key("pieces root")
                info.string(root)
            }
            info.end()
            info.end()
        }
        for _ in open { info.end() }
        info.end()
    }

    func writePieceLayers(to torrent: inout BencodeWriter) {
        torrent.key("piece layers")
        torrent.beginDictionary()
        for (root, layer) in layers.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            torrent.string(root)
            torrent.string(layer)
        }
        torrent.end()
    }
}
