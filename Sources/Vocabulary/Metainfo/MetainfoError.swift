package import Bencode
package import BitTorrentTypes

/// Why a .torrent file, or what one is to be built from, is refused.
package enum MetainfoError: Error, Hashable {
    case bencode(BencodeError)
    case notDictionary
    case missing(field: String)
    case wrongType(field: String, expected: String)
    case outOfRange(field: String, value: Int, allowed: ClosedRange<Int>)
    /// A text longer than any use of it.
    case tooLong(field: String, count: Int, limit: Int)
    /// A torrent that has no swarm of version 1, where one is needed.
    case versionTwoOnly
    /// What BEP 52 added does not hold.
    case versionTwo(VersionTwoFault)
    case unsupportedVersion(Int)
    case lengthAndFiles
    case neitherLengthNorFiles
    case noFiles
    case totalLengthOverflow
    case layout(PieceLayoutError)
    /// `pieces` is not a row of 20-byte hashes.
    case raggedPieces(count: Int)
    case wrongPieceCount(expected: Int, actual: Int)
    /// BEP 47: a link has no bytes of its own.
    case linkWithLength(path: String)
    case path(PathFault, path: String)
    /// Two files, or a file and a folder, that would be one on some disk.
    case pathCollision(path: String)
}

extension MetainfoError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .bencode(let error): error.description
        case .notDictionary: "not a torrent: the outermost value is not a dictionary"
        case .missing(let field): "torrent without '\(field)'"
        case .wrongType(let field, let expected): "'\(field)' in the torrent is not \(expected)"
        case .outOfRange(let field, let value, let allowed):
            "'\(field)' in the torrent is \(value), not within \(allowed.lowerBound) and \(allowed.upperBound)"
        case .tooLong(let field, let count, let limit):
            "'\(field)' in the torrent has \(count) bytes, more than the \(limit) we accept"
        case .versionTwoOnly:
            "torrent of version 2 only (BEP 52), which cannot be shared yet; a hybrid of the same files can"
        case .versionTwo(let fault): fault.description
        case .unsupportedVersion(let version): "torrent of unsupported version: 'meta version' is \(version)"
        case .lengthAndFiles: "torrent with both 'length' and 'files'"
        case .neitherLengthNorFiles: "torrent with neither 'length' nor 'files'"
        case .noFiles: "torrent whose 'files' is empty"
        case .totalLengthOverflow: "torrent whose lengths add up to more than 64 bits hold"
        case .layout(let error): Self.describe(error)
        case .raggedPieces(let count): "'pieces' in the torrent has \(count) bytes, which is no row of 20-byte hashes"
        case .wrongPieceCount(let expected, let actual):
            "'pieces' in the torrent has \(actual) hashes where its lengths need \(expected)"
        case .linkWithLength(let path): "symbolic link with a length in the torrent: \(path)"
        case .path(let fault, let path): "\(fault) in the torrent: \(path)"
        case .pathCollision(let path): "two files in the torrent fall on one path: \(path)"
        }
    }

    private static func describe(_ error: PieceLayoutError) -> String {
        switch error {
        case .emptyTorrent: "torrent without a byte of data"
        case .badTotalLength(let length): "torrent with a total length of \(length) bytes"
        case .badPieceLength(let length): "torrent with a piece length of \(length) bytes"
        case .tooManyPieces(let count):
            "torrent with \(count) pieces, more than the \(PieceLayout.maximumPieceCount) we accept"
        }
    }
}
