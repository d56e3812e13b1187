import Bencode
import BitTorrentTypes
import MerkleTree

/// The hashes that a torrent of version 2 keeps outside of its info dictionary.
///
///     piece layers    root of file a → │ piece 0 │ piece 1 │ piece 2 │      for files longer than a piece
///
/// The info-hash does not cover them, so each is worth what its root says: it is held against that here.
///
/// - Units: hashes of 32 bytes.
/// - Source: BEP 52, "piece layers".
struct PieceLayers {
    private let layers: BencodeDictionary?

    /// Takes the field of the torrent, if it has one.
    init(_ field: BencodeNode?) throws(MetainfoError) {
        guard let field else {
            layers = nil
            return
        }
        guard let layers = field.dictionary else { throw .wrongType(field: "piece layers", expected: "a dictionary") }
        for entry in layers.entries where entry.key.count != MerkleTree.hashLength {
            throw .versionTwo(.badLayerKey(count: entry.key.count))
        }
        self.layers = layers
    }

    /// The root over each piece of `content`, piece after piece; equal files share a layer, which is checked once.
    func merkleRoots(of content: MetainfoParser.Content) throws(MetainfoError) -> [UInt8] {
        let pieceLength = content.layout.pieceLength
        let hasLayers = layers?.entries.isEmpty == false
        var roots: [UInt8] = []
        var known: Set<[UInt8]> = []
        var checked: Set<[UInt8]> = []
        for file in content.files {
            guard let root = file.piecesRoot else { continue }
            if hasLayers { known.insert(root) }
            guard file.length > pieceLength else {
                roots += root
                continue
            }
            let layer = try layer(of: file, root: root, pieceLength: pieceLength)
            if checked.insert(root).inserted {
                guard MerkleTree.root(ofPieceLayer: layer[...], pieceLength: pieceLength) == root else {
                    throw .versionTwo(.layerDiffersFromRoot(path: MetainfoParser.shown(file.path)))
                }
            }
            roots += layer
        }
        if let layers, let entry = layers.entries.first(where: { !known.contains($0.key) }) {
            throw .versionTwo(.unknownLayer(root: Hexadecimal.encode(entry.key)))
        }
        return roots
    }

    private func layer(of file: MetainfoFile, root: [UInt8], pieceLength: Int) throws(MetainfoError) -> [UInt8] {
        guard let layers else { throw .missing(field: "piece layers") }
        guard let field = layers[root] else {
            throw .versionTwo(.missingLayer(path: MetainfoParser.shown(file.path)))
        }
        guard let layer = field.string else { throw .wrongType(field: "piece layers", expected: "full of strings") }
        let expected = ((file.length - 1) / pieceLength + 1) * MerkleTree.hashLength
        guard layer.count == expected else {
            throw .versionTwo(
                .badLayerLength(
                    path: MetainfoParser.shown(file.path),
                    expected: expected,
                    actual: layer.count
                )
            )
        }
        return layer
    }
}
