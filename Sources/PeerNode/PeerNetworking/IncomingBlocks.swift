import BitTorrentTypes
import NIOCore

/// The accepted blocks of one read, gathered into runs for one `pwritev` each.
///
///     read     ┆ …tail of a block │13│ block │13│ block, block │13│ block, head of a bl…┆
///     bytes      carried + tail        in place    in place          in place  kept for the next read
///
/// Whole blocks are written from where they were received. Only a block that reads cut is put together in memory,
/// so that nothing of a block is on disk before all of it has come from one peer.
struct IncomingBlocks {
    private enum Source {
        case whole
        /// Byte range of the buffer that was read.
        case read(Range<Int>)
    }

    private struct Run {
        let offset: Int
        var length: Int
        var sources: [Source]
    }

    /// What one `piece` message brings: a block, or several in a row.
    private struct Arrival {
        let range: BlockRange
        /// Of its first byte in the torrent.
        let offset: Int
        /// Bytes of whole blocks that were accepted.
        var accepted = 0
    }

    private var arrival: Arrival?
    private var runs: [Run] = []
    private var blocks: [BlockRange] = []
    /// The part of a block that reads brought so far.
    private var part = ByteBuffer()
    /// A block put together from parts, until it is written; a read completes at most one.
    private var whole = ByteBuffer()

    /// A `piece` message begins that brings `range`, at `offset` of the torrent; `nil` when it is not wanted.
    mutating func begin(_ range: BlockRange?, at offset: Int) {
        part.clear()
        arrival = range.map { Arrival(range: $0, offset: offset) }
    }

    /// Leaves out what has not come yet of the message at hand, and the block that is being put together.
    mutating func drop() { begin(nil, at: 0) }

    /// The next bytes of the message at hand, which lie in the read from `start` on.
    mutating func take(_ bytes: ByteBuffer, from start: Int) {
        guard let arrival else { return }
        var bytes = bytes
        var start = start
        if part.readableBytes > 0 {
            let missing = min(PieceLayout.blockLength, arrival.range.length - arrival.accepted) - part.readableBytes
            guard var tail = bytes.readSlice(length: min(missing, bytes.readableBytes)) else { return }
            start += tail.readableBytes
            let isWhole = tail.readableBytes == missing
            part.writeBuffer(&tail)
            guard isWhole else { return }
            swap(&part, &whole)
            accept(.whole, length: whole.readableBytes)
        }
        let left = arrival.range.length - (self.arrival?.accepted ?? 0)
        var inPlace = bytes.readableBytes
        if inPlace < left { inPlace -= inPlace % PieceLayout.blockLength }
        if inPlace > 0 {
            accept(.read(start..<start + inPlace), length: inPlace)
            bytes.moveReaderIndex(forwardBy: inPlace)
        }
        part.writeBuffer(&bytes)
    }

    /// The next `length` bytes of the message at hand are there: whole blocks.
    private mutating func accept(_ source: Source, length: Int) {
        guard let before = arrival else { return }
        arrival?.accepted += length
        blocks.append(before.range.part(from: before.accepted, length: length))
        add(source, length: length, at: before.offset + before.accepted)
    }

    private mutating func add(_ source: Source, length: Int, at offset: Int) {
        if var last = runs.popLast() {
            if last.offset + last.length == offset {
                last.length += length
                last.sources.append(source)
                runs.append(last)
                return
            }
            runs.append(last)
        }
        runs.append(Run(offset: offset, length: length, sources: [source]))
    }

    /// Hands every run to `write` and starts anew; returns the blocks that were in them.
    ///
    /// `read` is the buffer that was read, from its first byte on.
    mutating func drain(_ read: ByteBuffer, write: ([UnsafeRawBufferPointer], Int) -> Void) -> [BlockRange] {
        guard !runs.isEmpty else { return [] }
        whole.withUnsafeReadableBytes { assembled in
            read.withUnsafeReadableBytes { bytes in
                for run in runs {
                    let buffers = run.sources.map { source in
                        switch source {
                        case .whole: assembled
                        case .read(let range): UnsafeRawBufferPointer(rebasing: bytes[range])
                        }
                    }
                    write(buffers, run.offset)
                }
            }
        }
        runs.removeAll(keepingCapacity: true)
        whole.clear()
        defer { blocks.removeAll(keepingCapacity: true) }
        return blocks
    }
}
