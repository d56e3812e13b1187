/// Which hashes of a piece are wanted.
///
/// - Source: BEP 3 for SHA-1, BEP 52 for the tree.
package enum PieceHashKind: Hashable, Sendable {
    /// The SHA-1 of all its bytes, padding included: version 1.
    case sha1
    /// The root of the SHA-256 tree over its leaves of 16 KiB, padding left out: version 2.
    ///
    /// The tree is filled up to `treeWidth` leaves with zero hashes: all leaves of a full piece, or, for a file that is
    /// no longer than one, the next power of two.
    case merkleRoot(treeWidth: Int)
    /// Both in one pass over the bytes: hybrid torrents.
    case both(treeWidth: Int)

    package var wantsSHA1: Bool {
        switch self {
        case .sha1, .both: true
        case .merkleRoot: false
        }
    }

    /// In leaves; `nil` when no tree is wanted.
    package var treeWidth: Int? {
        switch self {
        case .sha1: nil
        case .merkleRoot(let width), .both(let width): width
        }
    }
}

/// The hashes of one piece; what was not asked for is `nil`.
package struct PieceHashes: Hashable, Sendable {
    package static let sha1ByteCount = 20
    package static let merkleRootByteCount = 32

    /// 20 bytes.
    package let sha1: [UInt8]?
    /// 32 bytes.
    package let merkleRoot: [UInt8]?

    package init(sha1: [UInt8]?, merkleRoot: [UInt8]? = nil) {
        self.sha1 = sha1
        self.merkleRoot = merkleRoot
    }
}

/// What became of one piece that was to be hashed.
package enum PieceOutcome: Hashable, Sendable {
    case hashed(PieceHashes)
    /// The bytes could not be read; one sentence for a person.
    case unreadable(String)

    package static func sha1(_ bytes: [UInt8]) -> PieceOutcome { .hashed(PieceHashes(sha1: bytes)) }
}
