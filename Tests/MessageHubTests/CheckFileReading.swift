import BitTorrentTypes
import Crypto
import Glibc

/// A hasher in its simplest form: reads each piece of a run of one file and hashes it.
enum CheckFileReading {
    static func outcomes(_ run: PieceRun) -> [PieceOutcome] {
        let path = String(decoding: run.slices.first?.path ?? [], as: UTF8.self)
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        return (0..<run.pieceCount).map { piece in
            let length = run.length(ofPiece: piece)
            var bytes = [UInt8](repeating: 0, count: length)
            let offset = (run.slices.first?.offset ?? 0) + piece * run.pieceLength
            guard pread(descriptor, &bytes, length, off_t(offset)) == length else { return .unreadable(path) }
            return .sha1(Array(Insecure.SHA1.hash(data: bytes)))
        }
    }
}
