/// One file of a torrent.
///
/// - Units: `length` and `offset` in bytes, the latter from the start of the torrent.
package struct MetainfoFile: Hashable, Sendable {
    /// Components under the torrent's directory; just the name for a single-file torrent.
    package let path: [[UInt8]]
    package let length: Int
    package let offset: Int
    /// Zeros that only align the next file to a piece (BEP 47).
    ///
    /// They are never written, and their paths need not be unique.
    package let isPadding: Bool
    /// The root of the SHA-256 tree over the file (BEP 52), 32 bytes; `nil` in version 1, without bytes, and for padding.
    package let piecesRoot: [UInt8]?

    package init(path: [[UInt8]], length: Int, offset: Int, isPadding: Bool = false, piecesRoot: [UInt8]? = nil) {
        self.path = path
        self.length = length
        self.offset = offset
        self.isPadding = isPadding
        self.piecesRoot = piecesRoot
    }
}

/// The part of a range of the torrent that lies in one file.
///
/// - Units: `offset` from the start of the file and `length`, both in bytes.
package struct FileSpan: Hashable, Sendable {
    package let fileIndex: Int
    package let offset: Int
    package let length: Int

    package init(fileIndex: Int, offset: Int, length: Int) {
        self.fileIndex = fileIndex
        self.offset = offset
        self.length = length
    }
}
