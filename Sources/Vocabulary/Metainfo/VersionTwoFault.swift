import MerkleTree

/// What is wrong with the part of a torrent that BEP 52 added.
package enum VersionTwoFault: Hashable, Sendable {
    case badPieceLength(Int)

    case emptyTree
    case fileAtRoot
    case notDictionary(path: String)
    /// An entry that is a file and has entries besides.
    case fileWithSiblings(path: String)
    /// Version 2 needs no padding, so a file that calls itself so is a trap.
    case paddingInTree(path: String)
    /// Not 32 bytes, or all zeros, which no file hashes to.
    case badPiecesRoot(path: String)

    case badLayerKey(count: Int)
    case unknownLayer(root: String)
    case missingLayer(path: String)
    case badLayerLength(path: String, expected: Int, actual: Int)
    case layerDiffersFromRoot(path: String)

    /// Version 1 and version 2 of a hybrid do not describe the same files.
    case differsFromVersionOne(path: String)
    /// A file of a hybrid that does not begin with the piece after the one before.
    case unaligned(path: String)
}

extension VersionTwoFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badPieceLength(let length):
            "'piece length' in the torrent is \(length), not a power of two of at least \(MerkleTree.leafLength)"
        case .emptyTree: "torrent whose 'file tree' has no file"
        case .fileAtRoot: "torrent whose 'file tree' is itself a file"
        case .notDictionary(let path): "entry of the torrent's 'file tree' that is not a dictionary: \(path)"
        case .fileWithSiblings(let path): "entry of the torrent's 'file tree' that is a file and a folder: \(path)"
        case .paddingInTree(let path): "padding in the torrent's 'file tree': \(path)"
        case .badPiecesRoot(let path): "'pieces root' in the torrent is not a SHA-256: \(path)"
        case .badLayerKey(let count): "key of \(count) bytes in 'piece layers' of the torrent, not a SHA-256"
        case .unknownLayer(let root): "piece layer in the torrent that belongs to no file: \(root)"
        case .missingLayer(let path):
            "torrent without the piece layer of a file, which cannot be fetched from peers yet: \(path)"
        case .badLayerLength(let path, let expected, let actual):
            "piece layer of \(actual) bytes in the torrent where the file needs \(expected): \(path)"
        case .layerDiffersFromRoot(let path): "piece layer in the torrent that differs from its 'pieces root': \(path)"
        case .differsFromVersionOne(let path): "torrent whose versions 1 and 2 list different files: \(path)"
        case .unaligned(let path): "torrent whose versions 1 and 2 cut a file into different pieces: \(path)"
        }
    }
}
