import BitTorrentTypes

/// Reads bytes of a run from its files; one lane's own.
///
/// The last file stays open, because consecutive reads mostly fall into one. Padding is zeros, and never read.
final class RunReader {
    private var file: OpenFile?

    /// Fills `buffer` with the bytes of `run` from `offset` on; the caller stays inside the run, and will go on to `end`.
    func read(
        _ run: PieceRun,
        at offset: Int,
        into buffer: UnsafeMutableRawBufferPointer,
        end: Int
    ) throws(FileProblem) {
        precondition(offset >= 0 && buffer.count <= run.totalLength - offset, "a read is inside its run")
        var index = Self.slice(of: run, at: offset)
        var filled = 0
        while filled < buffer.count {
            let slice = run.slices[index]
            let skipped = offset + filled - run.starts[index]
            let length = min(slice.length - skipped, buffer.count - filled)
            if length > 0 {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + length])
                if slice.isPadding {
                    part.initializeMemory(as: UInt8.self, repeating: 0)
                } else {
                    let file = try open(slice.path)
                    try file.read(at: slice.offset + skipped, into: part, end: Self.end(end, of: run, in: index))
                }
            }
            filled += length
            index += 1
        }
    }

    /// Has a cold disk begin with the bytes of `run` from `offset` to `end`; in memory it costs nothing.
    func readAhead(_ run: PieceRun, from offset: Int, to end: Int, forOthers: Bool) {
        guard let file, file.isCold, offset < run.totalLength else { return }
        let index = Self.slice(of: run, at: offset)
        let slice = run.slices[index]
        guard slice.path == file.path else { return }
        let start = slice.offset + offset - run.starts[index]
        let end = Self.end(end, of: run, in: index)
        if forOthers {
            file.readAhead(forOthers: start..<max(start, end))
        } else {
            file.readAhead(from: start, to: end)
        }
    }

    func close() { file = nil }

    private func open(_ path: [UInt8]) throws(FileProblem) -> OpenFile {
        if let file, file.path == path { return file }
        file = nil
        let opened = try OpenFile(path)
        file = opened
        return opened
    }

    /// Where the bytes of slice `index` before `end` of the run end in the file.
    private static func end(_ end: Int, of run: PieceRun, in index: Int) -> Int {
        let slice = run.slices[index]
        return slice.offset + min(slice.length, end - run.starts[index])
    }

    /// The slice that holds the byte at `offset`: the last one that starts at or before it.
    private static func slice(of run: PieceRun, at offset: Int) -> Int {
        var low = 0
        var high = run.starts.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if run.starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
