package import BitTorrentTypes

/// A .torrent file, checked: what is shared, how it is cut, and who tracks it.
///
///     torrent   0 ──────────────────────────── totalLength          version 1
///     files     │ a │ b        │ (empty) │ c   │
///     pieces    │ 0    │ 1    │ 2    │ 3       │
///
///     files     │ a │ (padding) │ b │ (padding) │ c   │              hybrid and version 2
///     pieces    │ 0             │ 1             │ 2   │
///
/// Version 2 numbers pieces as if padding stood before each file, so its files here have such padding between them,
/// though the .torrent file does not name it.
///
/// - Units: lengths and offsets in bytes.
/// - Source: BEP 3 "metainfo files", BEP 12 (tiers), 19 (web seeds), 27 (private), 47 (padding), 52 (version 2).
package struct Metainfo: Hashable, Sendable {
    /// The whole .torrent file.
    package internal(set) var bytes: [UInt8]
    package let version: MetainfoVersion
    /// The 20 bytes that name the torrent on the wire: of version 1 if it has one, else the start of that of version 2.
    package let infoHash: InfoHash
    package let infoHashV2: InfoHashV2?
    /// As in the torrent: bytes that need not be UTF-8, safe as one component of a path.
    package let name: [UInt8]
    package let files: [MetainfoFile]
    package let isSingleFile: Bool
    package let layout: PieceLayout
    /// The bytes of all files, padding left out.
    package let payloadLength: Int
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
    /// Where the first SHA-1 begins, counted from the start of the info dictionary; `nil` without a version 1.
    let piecesOffset: Int?
    /// The root of the tree over each piece, 32 bytes each, held against the roots of the files; empty in version 1.
    let merkleRoots: [UInt8]

    /// Parses a .torrent file; the error is one line for people.
    package static func parse(_ bytes: [UInt8]) throws(MetainfoError) -> Metainfo {
        var parser = MetainfoParser(bytes: bytes)
        return try parser.parse()
    }

    /// The SHA-1 of the info dictionary; `nil` for version 2 alone.
    package var infoHashV1: InfoHash? { version.hasV1 ? infoHash : nil }

    /// The info dictionary as it stands in the file, what the info-hashes are taken over.
    package var infoBytes: ArraySlice<UInt8> { bytes[infoRange] }
}
