import BitTorrentTypes
import BusServices
import BusTransport
import Crypto
import Glibc

/// A small file of random bytes whose hashes are known: what hasher-workers are checked with.
///
/// The digests come from swift-crypto, not from our own kernels, so that a kernel that is wrong on this machine is
/// found as well. The bytes are made anew at each start; nobody can know the answers without reading them.
struct CheckFile {
    private static let length = 256 * 1024
    private static let checkCount = 64

    let path: String
    let checks: [HashCheck]
    private let bytes: [UInt8]

    init(in folder: String) {
        path = "\(folder)/hash-check"
        var bytes = [UInt8](repeating: 0, count: Self.length)
        arc4random_buf(&bytes, Self.length)
        self.bytes = bytes
        checks = Self.makeChecks(of: bytes, at: path)
    }

    /// Makes the file, 0600, and takes away what stands in its place.
    func write() throws(BusFault) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fault() }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                guard errno == EINTR else { throw fault() }
                continue
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Whether the file holds what was written.
    var isIntact: Bool {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var found = [UInt8](repeating: 0, count: Self.length + 1)
        var count = 0
        while count < found.count {
            let more = found.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { break }
            count += more
        }
        return count == bytes.count && found.starts(with: bytes)
    }

    func remove() {
        unlink(path)
    }

    private func fault() -> BusFault {
        BusFault(.failed, "\(path) cannot be made: \(String(cString: strerror(errno)))")
    }

    /// Jobs of different pieces at different places, in no order that could be guessed.
    private static func makeChecks(of bytes: [UInt8], at path: String) -> [HashCheck] {
        var checks: [HashCheck] = []
        while checks.count < checkCount {
            let pieceLength = Int.random(in: 1000...16_384)
            let length = Int.random(in: 1...12 * pieceLength)
            let offset = Int.random(in: 0...bytes.count - length)
            let slice = FileSlice(path: Array(path.utf8), offset: offset, length: length)
            do throws(PieceRunError) {
                let run = try PieceRun(slices: [slice], pieceLength: pieceLength)
                let digests = (0..<run.pieceCount).map { piece in
                    let start = offset + piece * pieceLength
                    return Array(Insecure.SHA1.hash(data: bytes[start..<start + run.length(ofPiece: piece)]))
                }
                checks.append(
                    HashCheck(
                        job: HashJob(priority: .bulk, runs: [run]),
                        outcomes: digests.map { .sha1($0) },
                        after: Int.random(in: 16...48)
                    )
                )
            } catch {
                preconditionFailure("a slice of a file is a run: \(error)")
            }
        }
        return checks
    }
}
