import Bencode
import MerkleTree

/// The files of a torrent of version 2, in the order of its pieces.
///
///     d 3:cd1 d 5:x.mp3 d 0: d 6:length i9e 11:pieces root 32:… e e e e        cd1/x.mp3, 9 bytes
///
/// - Source: BEP 52, "file tree layout".
struct FileTree {
    struct File {
        let path: [[UInt8]]
        let length: Int
        /// `nil` for a file without bytes.
        let piecesRoot: [UInt8]?
    }

    private(set) var files: [File] = []
    /// Symbolic links (BEP 47), which are left out.
    private(set) var links: [[[UInt8]]] = []

    /// Walks the tree with a stack of its own; decoding has bounded its depth.
    init(_ tree: BencodeNode) throws(MetainfoError) {
        guard let root = tree.dictionary else { throw .wrongType(field: "file tree", expected: "a dictionary") }
        guard root.entries.first?.key.isEmpty != true else { throw .versionTwo(.fileAtRoot) }
        var open: [(path: [[UInt8]], rest: ArraySlice<BencodeDictionary.Entry>)] = [([], root.entries[...])]
        while var folder = open.popLast() {
            guard let entry = folder.rest.popFirst() else { continue }
            let path = folder.path + [entry.key]
            open.append(folder)
            guard let entries = entry.value.dictionary?.entries else {
                throw .versionTwo(.notDictionary(path: MetainfoParser.shown(path)))
            }
            guard let first = entries.first, first.key.isEmpty else {
                open.append((path, entries[...]))
                continue
            }
            guard entries.count == 1 else { throw .versionTwo(.fileWithSiblings(path: MetainfoParser.shown(path))) }
            try add(path, first.value)
        }
        guard !files.isEmpty else { throw .versionTwo(.emptyTree) }
    }

    private mutating func add(_ path: [[UInt8]], _ properties: BencodeNode) throws(MetainfoError) {
        guard properties.dictionary != nil else {
            throw .versionTwo(.notDictionary(path: MetainfoParser.shown(path)))
        }
        let attributes = properties["attr"]?.string ?? []
        if attributes.contains(UInt8(ascii: "l")) {
            guard (properties["length"]?.integer ?? 0) == 0 else {
                throw .linkWithLength(path: MetainfoParser.shown(path))
            }
            return links.append(path)
        }
        guard !attributes.contains(UInt8(ascii: "p")) else {
            throw .versionTwo(.paddingInTree(path: MetainfoParser.shown(path)))
        }
        let length = try properties.integer("length", in: 0...Int.max)
        var piecesRoot: [UInt8]?
        if length > 0 {
            let root = try properties.string("pieces root")
            guard root.count == MerkleTree.hashLength, root.contains(where: { $0 != 0 }) else {
                throw .versionTwo(.badPiecesRoot(path: MetainfoParser.shown(path)))
            }
            piecesRoot = root
        }
        files.append(File(path: path, length: length, piecesRoot: piecesRoot))
    }
}
