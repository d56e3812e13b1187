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

    package func cancelUploads() {
        uploads.removeAll()
        if coldRead == .underway { coldRead = .void }
    }

    package var queuedUploads: Int { uploads.count }

    /// Sends what was queued.
    package func flush() {
        guard let context, outbox.readableBytes > 0 else { return }
        let bytes = outbox
        outbox = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
    }

    /// Reads from the peer, or leaves what it sends in the network until told otherwise.
    package func reads(_ isReading: Bool) {
        _ = context?.channel.setOption(.autoRead, value: isReading)
    }

    /// Leaves out the rest of the block that is coming in.
    package func dropIncomingBlock() {
        incoming.drop()
    }

    /// Decodes what one read brought, and writes its blocks.
    func deliver(_ read: ByteBuffer, to delegate: any PeerConnectionDelegate) throws(PeerFault) {
        defer {
            let blocks = incoming.drain(read) { delegate.write($0, at: $1) }
            if !blocks.isEmpty { delegate.received(blocks, from: self) }
        }
        var rest = read
        while case .open = phase, let event = try decoder.next(from: &rest) {
            switch event {
            case .message(let message):
                delegate.received(message, from: self)
            case .block(let header):
                let range = delegate.blockStarts(header, from: self)
                incoming.begin(range, at: range.map { delegate.layout.bytes(of: $0).lowerBound } ?? 0)
            case .payload(let bytes, _):
                let end = rest.readerIndex - read.readerIndex
                incoming.take(bytes, from: end - bytes.readableBytes)
            }
        }
    }

    /// Reads queued blocks in runs and writes them, as long as the channel takes them.
    ///
    /// What has been read and not been sent is bounded: by the channel's high mark and one run here, and by the engine's
    /// upload window for each peer.
    package func serveUploads() {
        guard let context, !uploads.isEmpty, case .open(let delegate) = phase else { return }
        var didWrite = false
        serving: while !uploads.isEmpty, coldRead == .none, context.channel.isWritable {
            let allowance = delegate.uploadAllowance(of: self)
            guard allowance > 0 else { break }
            // Messages queued before the blocks go before them.
            if outbox.readableBytes > 0 {
                context.write(wrapOutboundOut(.byteBuffer(outbox)), promise: nil)
                outbox = ByteBuffer()
                didWrite = true
            }
            let blocks = uploads.nextRun(byteLimit: allowance)
            delegate.uploads(blocks.reduce(0) { $0 + $1.range.length })
            didWrite = true
            if blocks.contains(where: { $0.range.length > PieceLayout.blockLength }),
                let first = blocks.first, let last = blocks.last,
                let place = delegate.cachedPlace(of: first.offset..<last.offset + last.range.length)
            {
                send(blocks, from: place, of: delegate, context)
                continue
            }
            var run = OutgoingRun(blocks, allocator: context.channel.allocator)
            switch delegate.readCached(&run) {
            case .done: write(run, of: delegate, context)
            case .cold: fetch(run, of: delegate)
            case .failed: break serving
            }
        }
        if didWrite { context.flush() }
    }

    private func write(_ run: OutgoingRun, of delegate: any PeerConnectionDelegate, _ context: ChannelHandlerContext) {
        let blocks = run.blocks
        context.write(wrapOutboundOut(.byteBuffer(run.buffer))).whenSuccess { [self] in
            if case .open = phase { delegate.sent(blocks, to: self) }
        }
    }

    /// Has the kernel send the payload from the page cache, with no copy of it here.
    ///
    /// Pays from long messages on: each costs two calls.
    private func send(
        _ blocks: [OutgoingBlocks.Block],
        from place: PayloadPlace,
        of delegate: any PeerConnectionDelegate,
        _ context: ChannelHandlerContext
    ) {
        let file = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: place.descriptor)
        var offset = place.offset
        var last: EventLoopFuture<Void>?
        for block in blocks {
            var header = context.channel.allocator.buffer(capacity: BlockHeader.byteCount)
            header.writeBlockHeader(BlockHeader(block.range))
            context.write(wrapOutboundOut(.byteBuffer(header)), promise: nil)
            let end = offset + block.range.length
            last = context.write(
                wrapOutboundOut(.fileRegion(FileRegion(fileHandle: file, readerIndex: offset, endIndex: end)))
            )
            offset = end
        }
        let ranges = blocks.map(\.range)
        last?.whenComplete { [self] result in
            // The handle only lends the descriptor; it closes with its owner.
            _ = try? file.takeDescriptorOwnership()
            withExtendedLifetime(place.owner) {}
            if case .success = result, case .open = phase { delegate.sent(ranges, to: self) }
        }
    }

    private func fetch(_ run: OutgoingRun, of delegate: any PeerConnectionDelegate) {
        coldRead = .underway
        delegate.read(run).whenSuccess { [self] run in
            let isWanted = coldRead == .underway
            coldRead = .none
            guard let run, let context, case .open = phase else { return }
            if isWanted {
                write(run, of: delegate, context)
                context.flush()
            }
            serveUploads()
        }
    }
}
