package import BitTorrentTypes
import NIOCore
package import PeerWire

/// Messages and blocks, once the handshakes are done.
extension PeerConnection {
    /// Queues `message`; ``flush()`` sends it, as does the end of each read.
    package func send(_ message: PeerMessage) {
        guard case .open = phase else { return }
        outbox.writePeerMessage(message)
    }

    /// Queues a block that starts at byte `offset` of the torrent; it is read from disk when the peer takes it.
    package func upload(_ block: BlockRange, at offset: Int) {
        guard case .open = phase else { return }
        uploads.append(OutgoingBlocks.Block(range: block, offset: offset))
    }

    /// Takes a block back; returns whether it was still queued.
    @discardableResult
    package func cancelUpload(_ block: BlockRange) -> Bool { uploads.remove(block) }

    package func cancelUploads() { uploads.removeAll() }

    package var queuedUploads: Int { uploads.count }

    /// Sends what was queued.
    package func flush() {
        guard let context, outbox.readableBytes > 0 else { return }
        let bytes = outbox
        outbox = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Leaves out the rest of the block that is coming in.
    package func dropIncomingBlock() {
        currentBlock = nil
        incoming.dropPart()
    }

    /// Decodes what one read brought, and writes its blocks.
    func deliver(_ read: ByteBuffer, to delegate: any PeerConnectionDelegate) throws(PeerFault) {
        defer {
            for block in incoming.drain(read, write: { delegate.write($0, at: $1) }) {
                delegate.received(block, from: self)
            }
        }
        var rest = read
        while case .open = phase, let event = try decoder.next(from: &rest) {
            switch event {
            case .message(let message):
                delegate.received(message, from: self)
            case .block(let header):
                currentBlock = delegate.blockStarts(header, from: self)
            case .payload(var bytes, let isLast):
                guard let block = currentBlock else { continue }
                let offset = delegate.layout.bytes(of: block).lowerBound
                if isLast, !incoming.hasPart {
                    let end = rest.readerIndex - read.readerIndex
                    incoming.accept(end - bytes.readableBytes..<end, block, at: offset)
                } else {
                    incoming.append(part: &bytes)
                    if isLast { incoming.acceptPart(block, at: offset) }
                }
                if isLast { currentBlock = nil }
            }
        }
    }

    /// Reads queued blocks in runs and writes them, as long as the channel takes them.
    package func serveUploads() {
        guard let context, !uploads.isEmpty, case .open(let delegate) = phase else { return }
        var didWrite = false
        while !uploads.isEmpty, context.channel.isWritable {
            // Messages queued before the blocks go before them.
            if outbox.readableBytes > 0 {
                context.write(wrapOutboundOut(outbox), promise: nil)
                outbox = ByteBuffer()
            }
            let run = uploads.nextRun()
            guard let bytes = read(run, through: delegate, allocator: context.channel.allocator) else { break }
            let bound = NIOLoopBound((self, delegate), eventLoop: context.eventLoop)
            let blocks = run.map(\.range)
            context.write(wrapOutboundOut(bytes)).whenSuccess {
                let (connection, delegate) = bound.value
                if case .open = connection.phase { delegate.sent(blocks, to: connection) }
            }
            didWrite = true
        }
        if didWrite { context.flush() }
    }

    /// Headers and payload of a run in one buffer; `nil` when the disk failed, which the delegate then knows.
    private func read(
        _ run: [OutgoingBlocks.Block],
        through delegate: any PeerConnectionDelegate,
        allocator: ByteBufferAllocator
    ) -> ByteBuffer? {
        guard let first = run.first else { return nil }
        let length = run.reduce(0) { $0 + BlockHeader.byteCount + $1.range.length }
        var buffer = allocator.buffer(capacity: length)
        var payloads: [Range<Int>] = []
        for block in run {
            buffer.writeBlockHeader(BlockHeader(block.range))
            payloads.append(buffer.writerIndex..<buffer.writerIndex + block.range.length)
            buffer.moveWriterIndex(forwardBy: block.range.length)
        }
        let isRead = buffer.withUnsafeMutableReadableBytes { bytes in
            delegate.read(into: payloads.map { UnsafeMutableRawBufferPointer(rebasing: bytes[$0]) }, at: first.offset)
        }
        return isRead ? buffer : nil
    }
}
