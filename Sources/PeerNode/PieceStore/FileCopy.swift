import CLinux
import Glibc

/// Copies one file, or a range of one, into another, inside the kernel where that can, and leaves holes as holes.
struct FileCopy {
    /// Of Linux, which the Glibc module does not show.
    static let seekData: CInt = 3
    private static let seekHole: CInt = 4
    private static let step = 8 << 20

    private let source: OpenFile
    /// Of the first byte in the source.
    private let start: Int
    private let copy: OpenFile
    private let size: Int

    init(from source: OpenFile, at start: Int = 0, to copy: OpenFile, size: Int) {
        self.source = source
        self.start = start
        self.copy = copy
        self.size = size
    }

    /// `progress` gets the bytes of each step, holes included, and says whether to go on.
    func run(progress: (Int) -> Bool) -> Result<Void, KernelError> {
        guard case .success(let status) = copy.status() else { return .failure(KernelError(code: errno)) }
        if status.st_size < size, ftruncate(copy.descriptor, size) != 0 { return .failure(KernelError(code: errno)) }
        var offset = 0
        while offset < size {
            var data = lseek(source.descriptor, start + offset, Self.seekData)
            // No data behind here, or a file system that knows no holes.
            data = data >= 0 ? data - start : errno == ENXIO ? size : offset
            var hole = data < size ? lseek(source.descriptor, start + data, Self.seekHole) : start + size
            hole = hole < 0 ? size : hole - start
            if data > offset, !progress(min(data, size) - offset) { return .failure(KernelError(code: ECANCELED)) }
            offset = min(data, size)
            while offset < min(hole, size) {
                let count = move(min(Self.step, min(hole, size) - offset), at: offset)
                guard count > 0 else { return .failure(KernelError(code: count < 0 ? errno : EIO)) }
                offset += count
                guard progress(count) else { return .failure(KernelError(code: ECANCELED)) }
            }
        }
        return .success(())
    }

    /// Moves up to `count` bytes at `offset`; returns how many, 0 at the end of the file, negative for an error.
    private func move(_ count: Int, at offset: Int) -> Int {
        let moved = clinux_copy_range(source.descriptor, start + offset, copy.descriptor, offset, count)
        if moved > 0 { return moved }
        if moved < 0, ![EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EBADF, ETXTBSY].contains(errno) { return moved }
        // Some file systems answer 0 for what they could well read.
        return withUnsafeTemporaryAllocation(byteCount: min(count, 1 << 20), alignment: 4096) { buffer in
            let read = pread(source.descriptor, buffer.baseAddress, buffer.count, start + offset)
            guard read > 0 else { return read }
            var written = 0
            while written < read {
                let part = pwrite(
                    copy.descriptor,
                    buffer.baseAddress?.advanced(by: written),
                    read - written,
                    offset + written
                )
                guard part > 0 else { return part < 0 ? part : -1 }
                written += part
            }
            return read
        }
    }
}
