import BitTorrentTypes
import NIOCore

/// The accepted blocks of one read, gathered into runs for one `pwritev` each.
///
///     read     ┆ …tail of a block │13│ block │13│ block │13│ head of a bl…┆
///     bytes      carried + tail        in place    in place     kept for the next read
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

    private var runs: [Run] = []
    private var blocks: [BlockRange] = []
    /// The part of a block that reads brought so far.
    private var part = ByteBuffer()
    /// A block put together from parts, until it is written; a read completes at most one.
    private var whole = ByteBuffer()

    /// Adds bytes of a block that is not complete in this read alone.
    mutating func append(part bytes: inout ByteBuffer) { part.writeBuffer(&bytes) }

    /// Whether the block at hand has bytes from earlier reads.
    var hasPart: Bool { part.readableBytes > 0 }

    /// Drops the block that is being put together.
    mutating func dropPart() { part.clear() }

    /// The block put together from parts is `block`, at `offset` of the torrent.
    mutating func acceptPart(_ block: BlockRange, at offset: Int) {
        swap(&part, &whole)
        blocks.append(block)
        add(.whole, length: whole.readableBytes, at: offset)
    }

    /// A block that lies whole in the read, at `range`, is `block`, at `offset` of the torrent.
    mutating func accept(_ range: Range<Int>, _ block: BlockRange, at offset: Int) {
        blocks.append(block)
        add(.read(range), length: range.count, at: offset)
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
