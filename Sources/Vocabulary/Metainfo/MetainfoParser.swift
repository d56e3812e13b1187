import Bencode
import BitTorrentTypes
import Crypto

/// Reads a .torrent file field by field; the first fault ends it.
struct MetainfoParser {
    static let maximumPieceLength = 512 << 20

    /// What the torrent says of its data, whatever its version.
    struct Content {
        var files: [MetainfoFile]
        let isSingleFile: Bool
        let layout: PieceLayout
        var piecesOffset: Int?
        var merkleRoots: [UInt8] = []
    }

    private let bytes: [UInt8]
    var warnings = Warnings()

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parse() throws(MetainfoError) -> Metainfo {
        let root = try decode()
        let info = try root.field("info")
        guard info.dictionary != nil else { throw .wrongType(field: "info", expected: "a dictionary") }
        // BEP 52: before all else, so that a newer torrent is not called broken.
        let version = try version(of: info)
        let name = try name(in: info)
        let pieceLength = try info.integer("piece length", in: 1...Self.maximumPieceLength)
        let content =
            switch version {
            case .v1: try versionOne(info, name: name, pieceLength: pieceLength)
            case .v2: try versionTwo(root, info, name: name, pieceLength: pieceLength)
            case .hybrid: try hybrid(root, info, name: name, pieceLength: pieceLength)
            }
        let trackers = trackers(in: root)
        let webSeeds = webSeeds(in: root)
        let isPrivate = isPrivate(info)
        let plainComment = try text("comment", in: root)
        let comment = try text("comment.utf-8", in: root)
        let infoHashV2 = version.hasV2 ? sha256(of: info.range) : nil
        return Metainfo(
            bytes: bytes,
            version: version,
            infoHash: infoHashV2.flatMap { version.hasV1 ? nil : $0.truncated } ?? sha1(of: info.range),
            infoHashV2: infoHashV2,
            name: name,
            files: content.files,
            isSingleFile: content.isSingleFile,
            layout: content.layout,
            payloadLength: content.files.reduce(0) { $0 + ($1.isPadding ? 0 : $1.length) },
            isPrivate: isPrivate,
            source: try text("source", in: info),
            trackers: trackers,
            webSeeds: webSeeds,
            comment: comment ?? plainComment,
            createdBy: try text("created by", in: root),
            creationDate: creationDate(in: root),
            warnings: warnings.lines,
            infoRange: info.range,
            piecesOffset: content.piecesOffset,
            merkleRoots: content.merkleRoots
        )
    }

    private func decode() throws(MetainfoError) -> BencodeNode {
        let root: BencodeNode
        do throws(BencodeError) {
            root = try BencodeNode.decode(bytes)
        } catch {
            throw .bencode(error)
        }
        guard root.dictionary != nil else { throw .notDictionary }
        return root
    }

    private mutating func version(of info: BencodeNode) throws(MetainfoError) -> MetainfoVersion {
        let hasV1 = ["pieces", "files", "length"].contains { info[$0] != nil }
        guard let field = info["meta version"] else {
            guard info["file tree"] == nil || hasV1 else { throw .missing(field: "meta version") }
            if info["file tree"] != nil { warnings.add("'file tree' ignored: the torrent has no 'meta version'") }
            return .v1
        }
        guard let number = field.integer else { throw .wrongType(field: "meta version", expected: "an integer") }
        switch number {
        case 1: return .v1
        case 2: return hasV1 ? .hybrid : .v2
        default: throw .unsupportedVersion(number)
        }
    }

    private func sha1(of range: Range<Int>) -> InfoHash {
        var sha1 = Insecure.SHA1()
        bytes.withUnsafeBytes { sha1.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[range])) }
        guard let hash = InfoHash(Array(sha1.finalize())) else { preconditionFailure("a SHA-1 has 20 bytes") }
        return hash
    }

    private func sha256(of range: Range<Int>) -> InfoHashV2 {
        var sha256 = SHA256()
        bytes.withUnsafeBytes { sha256.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[range])) }
        guard let hash = InfoHashV2(Array(sha256.finalize())) else { preconditionFailure("a SHA-256 has 32 bytes") }
        return hash
    }

    /// The pieces over `files`, which lie one after the other.
    static func layout(of files: [MetainfoFile], pieceLength: Int) throws(MetainfoError) -> PieceLayout {
        do throws(PieceLayoutError) {
            return try PieceLayout(
                totalLength: files.last.map { $0.offset + $0.length } ?? 0,
                pieceLength: pieceLength
            )
        } catch {
            throw .layout(error)
        }
    }
}
