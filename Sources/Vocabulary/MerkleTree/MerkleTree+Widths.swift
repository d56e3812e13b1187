import BitTorrentTypes

/// How wide trees are: pieces of one file have trees of one width.
extension MerkleTree {
    /// How many leaves a tree over `length` bytes has before padding.
    package static func leafCount(ofLength length: Int) -> Int {
        length > 0 ? (length - 1) / leafLength + 1 : 0
    }

    /// The width of the tree over each piece of a file of `length` bytes, which must have some.
    ///
    ///     file > piece     the leaves of a full piece, for the short last piece too
    ///     file ≤ piece     the next power of two of its leaves: the piece is the whole tree
    package static func treeWidth(forLength length: Int, pieceLength: Int) -> Int {
        precondition(length > 0, "a file without bytes has no tree")
        return length > pieceLength
            ? leavesInPiece(ofLength: pieceLength) : powerOfTwo(atLeast: leafCount(ofLength: length))
    }

    /// Whether BEP 52 allows pieces of this length: a power of two of at least 16 KiB.
    package static func isPieceLength(_ length: Int) -> Bool {
        length >= leafLength && length.nonzeroBitCount == 1
    }

    static func leavesInPiece(ofLength length: Int) -> Int {
        precondition(isPieceLength(length), "a piece is a power of two of at least 16 KiB")
        return length / leafLength
    }

    static func powerOfTwo(atLeast count: Int) -> Int {
        precondition(count > 0 && count <= 1 << 62, "the next power of two fits 64 bits")
        return 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
    }
}
