package import BitTorrentTypes

/// A .torrent file of version 1, checked: what is shared, how it is cut, and who tracks it.
///
///     torrent   0 ──────────────────────────── totalLength
///     files     │ a │ b        │ (empty) │ c   │
///     pieces    │ 0    │ 1    │ 2    │ 3       │
///
/// - Units: lengths and offsets in bytes.
/// - Source: BEP 3 "metainfo files", BEP 12 (tiers), 19 (web seeds), 27 (private), 47 (padding).
package struct Metainfo: Hashable, Sendable {
    /// The whole .torrent file.
    package internal(set) var bytes: [UInt8]
    package let infoHash: InfoHash
    /// As in the torrent: bytes that need not be UTF-8, safe as one component of a path.
    package let name: [UInt8]
    package let files: [MetainfoFile]
    package let isSingleFile: Bool
    package let layout: PieceLayout
    package let isPrivate: Bool
    package let source: [UInt8]?
    /// Tiers of announce URLs: all of one tier are equal, a later tier is for when the earlier fail.
    package internal(set) var trackers: [[String]]
    package let webSeeds: [String]
    package let comment: [UInt8]?
    package let createdBy: [UInt8]?
    /// Unix seconds.
    package let creationDate: Int?
    /// What was cleaned or dropped, a sentence each.
    package let warnings: [String]

    /// Where the info dictionary lies in ``bytes``.
    var infoRange: Range<Int>
    /// Where the first piece hash begins, counted from the start of the info dictionary.
    let piecesOffset: Int

    /// Parses a .torrent file; the error is one line for people.
    package static func parse(_ bytes: [UInt8]) throws(MetainfoError) -> Metainfo {
        var parser = MetainfoParser(bytes: bytes)
        return try parser.parse()
    }

    /// The SHA-1 of `piece`: 20 bytes.
    package func hash(of piece: PieceIndex) -> ArraySlice<UInt8> {
        let start = infoRange.lowerBound + piecesOffset + piece.rawValue * InfoHash.byteCount
        return bytes[start..<start + InfoHash.byteCount]
    }

    /// The info dictionary as it stands in the file, what the info-hash is taken over.
    package var infoBytes: ArraySlice<UInt8> { bytes[infoRange] }

    /// Where a range of the torrent's bytes lies; empty files have no part in it.
    package func spans(of range: Range<Int>) -> [FileSpan] {
        precondition(range.lowerBound >= 0 && range.upperBound <= layout.totalLength, "a span is inside its torrent")
        var spans: [FileSpan] = []
        var position = range.lowerBound
        var index = firstFile(endingAfter: position)
        while position < range.upperBound {
            let file = files[index]
            let offset = position - file.offset
            let length = min(file.length - offset, range.upperBound - position)
            if length > 0 { spans.append(FileSpan(fileIndex: index, offset: offset, length: length)) }
            position += length
            index += 1
        }
        return spans
    }

    private func firstFile(endingAfter position: Int) -> Int {
        var candidates = files.indices
        while candidates.count > 1 {
            let middle = candidates.lowerBound + (candidates.count - 1) / 2
            let ends = files[middle].offset + files[middle].length
            candidates = ends > position ? candidates.lowerBound..<middle + 1 : middle + 1..<candidates.upperBound
        }
        return candidates.lowerBound
    }
}
