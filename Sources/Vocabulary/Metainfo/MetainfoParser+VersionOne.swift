import Bencode
import BitTorrentTypes

/// The half of BEP 3: a list of files, and one SHA-1 for each piece that runs over them.
extension MetainfoParser {
    mutating func versionOne(
        _ info: BencodeNode,
        name: [UInt8],
        pieceLength: Int
    ) throws(MetainfoError) -> Content {
        let pieces = try info.field("pieces")
        let hashBytes = try info.string("pieces").count
        let files = try files(in: info, name: name)
        guard hashBytes > 0, hashBytes.isMultiple(of: InfoHash.byteCount) else { throw .raggedPieces(count: hashBytes) }
        let layout = try Self.layout(of: files, pieceLength: pieceLength)
        let actual = hashBytes / InfoHash.byteCount
        guard actual == layout.pieceCount else { throw .wrongPieceCount(expected: layout.pieceCount, actual: actual) }
        return Content(
            files: files,
            isSingleFile: info["files"] == nil,
            layout: layout,
            piecesOffset: pieces.range.upperBound - hashBytes - info.range.lowerBound
        )
    }

    private mutating func files(in info: BencodeNode, name: [UInt8]) throws(MetainfoError) -> [MetainfoFile] {
        switch (info["length"], info["files"]) {
        case (.some, .some):
            throw .lengthAndFiles
        case (nil, nil):
            throw .neitherLengthNorFiles
        case (.some, nil):
            let length = try info.integer("length", in: 0...Int.max)
            return [MetainfoFile(path: [name], length: length, offset: 0)]
        case (nil, .some(let field)):
            guard let entries = field.list else { throw .wrongType(field: "files", expected: "a list") }
            guard !entries.isEmpty else { throw .noFiles }
            return try files(entries)
        }
    }

    private mutating func files(_ entries: [BencodeNode]) throws(MetainfoError) -> [MetainfoFile] {
        var files: [MetainfoFile] = []
        files.reserveCapacity(entries.count)
        var tree = PathTree(expecting: entries.count)
        var offset = 0
        for entry in entries {
            guard entry.dictionary != nil else { throw .wrongType(field: "files", expected: "a list of dictionaries") }
            let path = try path(in: entry)
            if let fault = PathRules.fault(inPath: path) { throw .path(fault, path: Self.shown(path)) }
            let attributes = entry["attr"]?.string ?? []
            if attributes.contains(UInt8(ascii: "l")) {
                guard (entry["length"]?.integer ?? 0) == 0 else { throw .linkWithLength(path: Self.shown(path)) }
                warnings.add("symbolic link left out: \(Self.shown(path))")
                continue
            }
            let length = try entry.integer("length", in: 0...Int.max)
            let (end, overflow) = offset.addingReportingOverflow(length)
            guard !overflow else { throw .totalLengthOverflow }
            let isPadding = attributes.contains(UInt8(ascii: "p"))
            guard isPadding || tree.insert(path) else { throw .pathCollision(path: Self.shown(path)) }
            warnOfLookAlikes(path)
            files.append(MetainfoFile(path: path, length: length, offset: offset, isPadding: isPadding))
            offset = end
        }
        return files
    }

    /// The path in UTF-8 where the torrent has one besides another encoding.
    private func path(in entry: BencodeNode) throws(MetainfoError) -> [[UInt8]] {
        guard let plain = try entry.field("path").list?.strings else {
            throw .wrongType(field: "path", expected: "a list of strings")
        }
        guard let field = entry["path.utf-8"] else { return plain }
        guard let path = field.list?.strings else {
            throw .wrongType(field: "path.utf-8", expected: "a list of strings")
        }
        return path.allSatisfy { Self.utf8($0) != nil } ? path : plain
    }
}
