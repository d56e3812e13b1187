/// How files are moved to the start of a piece, which the trees of version 2 need: zeros fill the piece before.
///
/// - Units: bytes.
/// - Source: BEP 47 (padding files), BEP 52 "upgrade path".
package enum FileAlignment {
    /// The zeros behind a file of `length` bytes that begins with a piece, up to the end of its last piece.
    package static func padding(after length: Int, pieceLength: Int) -> Int {
        (pieceLength - length % pieceLength) % pieceLength
    }

    /// The zeros that a hybrid of `fileCount` files names behind one of them.
    ///
    /// As libtorrent does it: behind every file, the last included, but never behind an only file, which would make a
    /// torrent of one file impossible.
    package static func paddingInHybrid(after length: Int, pieceLength: Int, fileCount: Int) -> Int {
        fileCount > 1 ? padding(after: length, pieceLength: pieceLength) : 0
    }

    /// The path that padding has by convention, without meaning: `.pad/` and its length.
    static func paddingPath(length: Int) -> [[UInt8]] { [Array(".pad".utf8), Array(String(length).utf8)] }
}
