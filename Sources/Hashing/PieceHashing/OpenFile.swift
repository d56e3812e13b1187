import CCachedRead
import Glibc

/// A regular file that is open for reading, and what is known of where its bytes are.
///
/// Reads ask the page cache first. The first that has to wait shows the file to be cold; from then on the kernel is told a
/// window ahead what will be read, so that the disk works while this thread hashes. In memory that costs nothing.
final class OpenFile {
    /// How far ahead of a reader a cold disk is kept busy, in bytes.
    static let window = 1024 * 1024

    let path: [UInt8]
    private let descriptor: Int32
    private(set) var isCold = false
    /// What the kernel was last told to read.
    private var ahead = 0..<0

    /// Opening does not wait for the writer of a pipe and follows links, since payload may be one.
    init(_ path: [UInt8]) throws(FileProblem) {
        guard !path.isEmpty, !path.contains(0) else { throw .badPath(path) }
        let descriptor = withUnsafeTemporaryAllocation(of: CChar.self, capacity: path.count + 1) { text in
            for (index, byte) in path.enumerated() { text[index] = CChar(bitPattern: byte) }
            text[path.count] = 0
            return text.baseAddress.map { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) } ?? -1
        }
        guard descriptor >= 0 else { throw .cannotOpen(path, errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notRegular(path)
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Fills `buffer` from `offset` on; `end` is how far the reads that follow will go.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer, end: Int) throws(FileProblem) {
        var filled = 0
        if !isCold {
            filled = max(0, ccachedread_pread(descriptor, buffer.baseAddress, buffer.count, offset))
            if filled == buffer.count { return }
            isCold = true
        }
        readAhead(from: offset, to: end)
        while filled < buffer.count {
            let count = pread(
                descriptor,
                buffer.baseAddress?.advanced(by: filled),
                buffer.count - filled,
                offset + filled
            )
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .readFailed(path, errno: errno) }
            guard count > 0 else { throw .short(path, missing: buffer.count - filled) }
            filled += count
        }
    }

    /// Has the kernel begin to read a window of a cold file, not farther than `end`; nothing depends on it.
    func readAhead(from offset: Int, to end: Int) {
        if !ahead.contains(offset) { ahead = offset..<offset }
        let wanted = end - offset > Self.window ? offset + Self.window : end
        guard isCold, wanted > ahead.upperBound, ahead.upperBound - offset <= Self.window / 2 else { return }
        _ = posix_fadvise(descriptor, ahead.upperBound, wanted - ahead.upperBound, POSIX_FADV_WILLNEED)
        ahead = ahead.lowerBound..<wanted
    }

    /// The same for bytes that another reader will want.
    func readAhead(forOthers bytes: Range<Int>) {
        guard isCold, !bytes.isEmpty else { return }
        _ = posix_fadvise(descriptor, bytes.lowerBound, min(bytes.count, Self.window), POSIX_FADV_WILLNEED)
    }
}
