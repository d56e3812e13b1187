import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import PieceHashing
import Testing

/// A file of zeros, which costs no disk, and the torrent of it: three hash jobs of 64 MiB.
struct ZeroPayload {
    static let jobBytes = 64 << 20
    static let size = 3 * jobBytes

    let metainfo: Metainfo
    let file: URL

    static func make(in directory: URL) async throws -> ZeroPayload {
        let file = directory.appending(path: "zeros")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: UInt64(size))
        try handle.close()
        let pieceLength = 1 << 20
        let first = FileSlice(path: Array(file.path.utf8), offset: 0, length: pieceLength)
        let piece = try PieceRun(slices: [first], pieceLength: pieceLength)
        let outcome = try #require(try await PieceHasher(threads: 1).hash([piece]) { _ in }.first)
        guard case .hashed(let hashes) = outcome else { throw BusFault(.failed, "zeros cannot be hashed") }
        let builder = MetainfoBuilder(
            name: Array("zeros".utf8),
            files: [(path: [Array("zeros".utf8)], length: size)],
            isSingleFile: true,
            pieceLength: pieceLength,
            pieceHashes: Array(repeating: try #require(hashes.sha1), count: size / pieceLength).flatMap { $0 }
        )
        return ZeroPayload(metainfo: try builder.build(), file: file)
    }

    /// To be added to a node; the data is there, and was hashed or not.
    func addition(_ existingData: TorrentAddition.ExistingData) -> TorrentAddition {
        var addition = TorrentAddition(
            metainfo: metainfo.bytes,
            directory: Array(file.deletingLastPathComponent().path.utf8)
        )
        addition.existingData = existingData
        return addition
    }

    /// Changes the first byte of the piece.
    func damage(piece: Int) throws {
        let handle = try FileHandle(forUpdating: file)
        try handle.seek(toOffset: UInt64(piece * metainfo.layout.pieceLength))
        try handle.write(contentsOf: Data([1]))
        try handle.close()
    }
}
