import BitTorrentTypes
import Glibc

/// Reads bytes of a run from its files; one thread's own.
///
/// The last file stays open, because consecutive reads mostly fall into one. Opening does not wait for the writer of a
/// pipe and follows links, since payload may be one.
final class RunReader {
    private var open: (path: [UInt8], descriptor: Int32)?

    deinit { closeFile() }

    /// Fills `buffer` with the bytes of `run` from `offset` on; the caller stays inside the run.
    func read(_ run: PieceRun, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileProblem) {
        precondition(offset >= 0 && buffer.count <= run.totalLength - offset, "a read is inside its run")
        var index = sliceIndex(run, at: offset)
        var filled = 0
        while filled < buffer.count {
            let slice = run.slices[index]
            let skipped = offset + filled - run.starts[index]
            let length = min(slice.length - skipped, buffer.count - filled)
            if length > 0 {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + length])
                try read(slice.path, at: slice.offset + skipped, into: part)
            }
            filled += length
            index += 1
        }
    }

    /// The slice that holds the byte at `offset`: the last one that starts at or before it.
    private func sliceIndex(_ run: PieceRun, at offset: Int) -> Int {
        var low = 0
        var high = run.starts.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if run.starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    private func read(
        _ path: [UInt8],
        at offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FileProblem) {
        let descriptor = try descriptor(of: path)
        var filled = 0
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

    private func descriptor(of path: [UInt8]) throws(FileProblem) -> Int32 {
        if let open, open.path == path { return open.descriptor }
        closeFile()
        guard !path.isEmpty, !path.contains(0) else { throw .badPath(path) }
        let terminated = path.map { CChar(bitPattern: $0) } + [0]
        let descriptor = Glibc.open(terminated, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path, errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notRegular(path)
        }
        // Doubles the kernel's read-ahead; nothing depends on it.
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        open = (path, descriptor)
        return descriptor
    }

    private func closeFile() {
        if let open { close(open.descriptor) }
        open = nil
    }
}
