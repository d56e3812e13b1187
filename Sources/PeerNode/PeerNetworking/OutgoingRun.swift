package import BitTorrentTypes
package import NIOCore
import PeerWire

/// Blocks that follow one another in the torrent, as they go to a peer: headers and payload in one buffer.
///
///     buffer   │13│ block      │13│ block      │13│ block      │
///                  └ filled ────────┴────────────────┘  by one read of the file, from `offset` on
package struct OutgoingRun: Sendable {
    package let blocks: [BlockRange]
    /// Of the first block's first byte in the torrent.
    package let offset: Int
    package private(set) var buffer: ByteBuffer
    private var payloads: [Range<Int>] = []

    /// The headers are there, the payload is still to be filled in.
    init(_ blocks: [OutgoingBlocks.Block], allocator: ByteBufferAllocator) {
        self.blocks = blocks.map(\.range)
        offset = blocks.first?.offset ?? 0
        buffer = allocator.buffer(capacity: blocks.reduce(0) { $0 + BlockHeader.byteCount + $1.range.length })
        payloads.reserveCapacity(blocks.count)
        for block in self.blocks {
            buffer.writeBlockHeader(BlockHeader(block))
            payloads.append(buffer.writerIndex..<buffer.writerIndex + block.length)
            buffer.moveWriterIndex(forwardBy: block.length)
        }
    }

    /// Has `read` fill the payload, block after block.
    package mutating func fill<Result>(
        _ read: ([UnsafeMutableRawBufferPointer]) throws -> Result
    ) rethrows -> Result {
        let payloads = payloads
        return try buffer.withUnsafeMutableReadableBytes { bytes in
            try read(payloads.map { UnsafeMutableRawBufferPointer(rebasing: bytes[$0]) })
        }
    }
}
