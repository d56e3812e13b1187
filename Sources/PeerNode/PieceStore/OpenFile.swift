import CCachedRead
import Glibc

/// An open descriptor, closed with its last reference: a file that one thread evicts stays open for another's sync.
final class OpenFile: Sendable {
    let descriptor: CInt
    let isWritable: Bool

    /// Takes over `descriptor`.
    init(descriptor: CInt, isWritable: Bool = false) {
        self.descriptor = descriptor
        self.isWritable = isWritable
    }

    deinit { close(descriptor) }

    /// What the kernel knows of the file, or the error number.
    func status() -> Result<stat, KernelError> {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? .success(status) : .failure(KernelError(code: errno))
    }

    /// Moves bytes between `vectors` and the file from `offset` on, until all are moved or the file ends.
    ///
    /// Returns how many bytes were moved. A `.cachedRead` moves what is in memory, and ends before the first byte that is
    /// not; on a file system that cannot tell it is a `.read`.
    func transfer(_ direction: Direction, _ vectors: [iovec], at offset: Int) -> Result<Int, KernelError> {
        var run = BufferRun(vectors)
        var moved = 0
        while !run.isEmpty {
            let batch = run.next(upTo: Self.vectorLimit)
            let count: Int
            switch direction {
            case .read: count = preadv(descriptor, batch, CInt(batch.count), offset + moved)
            case .cachedRead: count = ccachedread_preadv(descriptor, batch, CInt(batch.count), offset + moved)
            case .write: count = pwritev(descriptor, batch, CInt(batch.count), offset + moved)
            }
            if count < 0 {
                if errno == EINTR { continue }
                if direction == .cachedRead {
                    if errno == EAGAIN { break }
                    if errno == EOPNOTSUPP { return transfer(.read, vectors, at: offset) }
                }
                return .failure(KernelError(code: errno))
            }
            if count == 0 { break }
            moved += count
            run.drop(count)
        }
        return .success(moved)
    }

    /// Whether reading `range` would not wait for a disk; `false` also when the kernel cannot tell.
    func hasCached(_ range: Range<Int>) -> Bool { ccachedread_has(descriptor, range.lowerBound, range.count) == 1 }

    enum Direction { case read, cachedRead, write }

    /// Below the kernel's 1024 (`IOV_MAX`).
    private static let vectorLimit = 256
}

/// An `errno`, as an error.
struct KernelError: Error {
    let code: CInt
}

/// A list of buffers that is used up from the front.
struct BufferRun {
    private var vectors: ArraySlice<iovec>

    init(_ vectors: [iovec]) {
        self.vectors = vectors.filter { $0.iov_len > 0 }[...]
    }

    var isEmpty: Bool { vectors.isEmpty }

    func next(upTo limit: Int) -> [iovec] { Array(vectors.prefix(limit)) }

    mutating func drop(_ count: Int) { _ = take(count) }

    /// Removes the first `count` bytes and returns the buffers that hold them.
    mutating func take(_ count: Int) -> [iovec] {
        var left = count
        var taken: [iovec] = []
        while left > 0, var first = vectors.first {
            let length = min(left, first.iov_len)
            taken.append(iovec(iov_base: first.iov_base, iov_len: length))
            left -= length
            if length == first.iov_len {
                vectors.removeFirst()
            } else {
                first.iov_base = first.iov_base.advanced(by: length)
                first.iov_len -= length
                vectors[vectors.startIndex] = first
            }
        }
        return taken
    }
}
