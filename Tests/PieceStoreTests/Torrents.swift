import Metainfo
import PieceStore

/// A torrent `tree` of files `(path, length)`, whose hashes nobody looks at here.
func tree(_ files: [(String, Int)], pieceLength: Int = 16384) throws -> Metainfo {
    let total = files.reduce(0) { $0 + $1.1 }
    var builder = MetainfoBuilder(
        name: Array("tree".utf8),
        files: files.map { (path: $0.0.utf8.split(separator: 0x2F).map { Array($0) }, length: $0.1) },
        isSingleFile: false,
        pieceLength: pieceLength,
        pieceHashes: Array(repeating: 0, count: 20 * ((total + pieceLength - 1) / pieceLength))
    )
    builder.createdBy = nil
    return try builder.build()
}

extension TorrentFiles {
    func write(_ bytes: [UInt8], at offset: Int) throws {
        try bytes.withUnsafeBytes { try write([$0], at: offset) }
    }

    func read(_ range: Range<Int>) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        try bytes.withUnsafeMutableBytes { buffer in
            // Two buffers, so that a border between buffers falls inside a file.
            let middle = buffer.count / 3
            try read(
                into: [.init(rebasing: buffer[..<middle]), .init(rebasing: buffer[middle...])],
                at: range.lowerBound
            )
        }
        return bytes
    }
}

func pattern(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) ^ seed }
}

/// A hybrid torrent `tree` of the same kind: padding behind every file, up to the next piece.
func hybrid(_ files: [(String, Int)], pieceLength: Int = 16384) throws -> Metainfo {
    func pieces(_ length: Int) -> Int { (length + pieceLength - 1) / pieceLength }
    let builder = MetainfoBuilder(
        version: .hybrid,
        name: Array("tree".utf8),
        files: files.map { (path: $0.0.utf8.split(separator: 0x2F).map { Array($0) }, length: $0.1) },
        isSingleFile: false,
        pieceLength: pieceLength,
        pieceHashes: Array(repeating: 0, count: 20 * files.reduce(0) { $0 + pieces($1.1) }),
        pieceLayers: files.map { Array(repeating: 7, count: 32 * pieces($0.1)) }
    )
    return try builder.build()
}
