import Bencode
import MerkleTree

/// The half of BEP 52: a tree of files, and over each file a tree of hashes.
extension MetainfoParser {
    mutating func versionTwo(
        _ root: BencodeNode,
        _ info: BencodeNode,
        name: [UInt8],
        pieceLength: Int
    ) throws(MetainfoError) -> Content {
        let tree = try fileTree(in: info, pieceLength: pieceLength)
        var names = PathTree(expecting: tree.files.count)
        for entry in tree.files {
            if let fault = PathRules.fault(inPath: entry.path) { throw .path(fault, path: Self.shown(entry.path)) }
            guard names.insert(entry.path) else { throw .pathCollision(path: Self.shown(entry.path)) }
            warnOfLookAlikes(entry.path)
        }
        for link in tree.links { warnings.add("symbolic link left out: \(Self.shown(link))") }
        let files = try tree.aligned(toPiecesOf: pieceLength)
        var content = Content(
            files: files,
            // A folder with only a file of its own name looks just the same; BEP 52 takes it for a single file.
            isSingleFile: tree.files.count == 1 && tree.files[0].path == [name],
            layout: try Self.layout(of: files, pieceLength: pieceLength)
        )
        content.merkleRoots = try PieceLayers(root["piece layers"]).merkleRoots(of: content)
        return content
    }

    /// Both halves, which must be of the same files: else peers of the one would fetch other data than those of the other.
    mutating func hybrid(
        _ root: BencodeNode,
        _ info: BencodeNode,
        name: [UInt8],
        pieceLength: Int
    ) throws(MetainfoError) -> Content {
        var content = try versionOne(info, name: name, pieceLength: pieceLength)
        let tree = try fileTree(in: info, pieceLength: pieceLength)
        content.files = try tree.joined(with: content.files, pieceLength: pieceLength)
        content.merkleRoots = try PieceLayers(root["piece layers"]).merkleRoots(of: content)
        return content
    }

    private func fileTree(in info: BencodeNode, pieceLength: Int) throws(MetainfoError) -> FileTree {
        guard MerkleTree.isPieceLength(pieceLength) else { throw .versionTwo(.badPieceLength(pieceLength)) }
        return try FileTree(info.field("file tree"))
    }
}
