package import BitTorrentTypes
package import NIOCore
package import PeerWire

/// One connection to a peer: bytes to messages and back, blocks from and to the disk in runs.
///
///     incoming:  arrives with its handshake ── send ours ──► open
///     outgoing:  send ours ── its handshake ──► open
///
/// Knows the wire and nothing of the swarm: what a message means is the delegate's. It belongs to its channel's event
/// loop, which is that of its torrent, and is touched there only; that makes passing references to it between threads
/// safe.
package final class PeerConnection: ChannelInboundHandler, @unchecked Sendable {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = IOData

    enum Phase {
        /// Came in with this handshake, and bytes behind it.
        case arrives(any PeerConnectionDelegate, Handshake, rest: ByteBuffer)
        case expectsHandshake(any PeerConnectionDelegate)
        case open(any PeerConnectionDelegate)
        case closed
    }

    /// A run that a slow disk is being read for; what was asked after it waits, so that the order is kept.
    enum ColdRead {
        case none
        case underway
        /// The peer was choked meanwhile: the run is thrown away.
        case void
    }

    /// From the connection's start to the end of the handshake, in both directions, however slowly bytes drip.
    package static let handshakeLimit = TimeAmount.seconds(10)
    /// How much may wait in the channel for a peer: high and low mark, in bytes.
    package static let outboundMarks = ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 768 << 10)
    package static let readSize = 256 * 1024

    package let isIncoming: Bool
    /// Where the other side's socket is; its port is not the one it listens on when it came in.
    package private(set) var remote: PeerAddress

    var phase: Phase
    var decoder = PeerFrameDecoder(limits: PeerWireLimits(pieceCount: 0))
    var incoming = IncomingBlocks()
    var uploads = OutgoingBlocks()
    var coldRead = ColdRead.none
    var outbox = ByteBuffer()
    var context: ChannelHandlerContext?
    private var handshakeBytes = ByteBuffer()
    private var handshakeTimer: Scheduled<Void>?

    /// A connection that came in and said in its `handshake` that it came for the torrent of `delegate`.
    ///
    /// `rest` is what was read behind the handshake.
    init(
        incomingFrom remote: PeerAddress,
        delegate: any PeerConnectionDelegate,
        handshake: Handshake,
        rest: ByteBuffer
    ) {
        isIncoming = true
        self.remote = remote
        phase = .arrives(delegate, handshake, rest: rest)
    }

    /// A connection that we make for a torrent.
    package init(outgoingTo remote: PeerAddress, delegate: any PeerConnectionDelegate) {
        isIncoming = false
        self.remote = remote
        phase = .expectsHandshake(delegate)
    }

    // MARK: - Life

    package func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    private func begin(_ context: ChannelHandlerContext) {
        switch phase {
        case .arrives(let delegate, let handshake, let rest):
            guard delegate.takesConnections else { return close(.stopped) }
            delegate.handshake.write(into: &outbox)
            do throws(PeerFault) {
                try open(delegate, handshake, rest)
            } catch {
                return close(error)
            }
            if case .open = phase { delegate.readCompleted(self) }
            serveUploads()
            flush()
        case .expectsHandshake(let delegate):
            guard handshakeTimer == nil else { return }
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            handshakeTimer = context.eventLoop.scheduleTask(in: Self.handshakeLimit) { bound.value.handshakeTimedOut() }
            delegate.handshake.write(into: &outbox)
            flush()
        case .open:
            return
        case .closed:
            context.close(promise: nil)
        }
    }

    private func handshakeTimedOut() {
        switch phase {
        case .expectsHandshake: close(.handshakeTimeout)
        case .arrives, .open, .closed: break
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        let isGreeting = if case .expectsHandshake = phase { true } else { false }
        ended(isGreeting ? .noHandshake : .connectionLost("the peer closed the connection"))
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.connectionLost(String(describing: error)))
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { close(.connectionLost("the peer stopped sending")) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes the channel; the delegate hears of it at once.
    package func close(_ fault: PeerFault) {
        let context = context
        ended(fault)
        context?.close(promise: nil)
    }

    private func ended(_ fault: PeerFault) {
        handshakeTimer?.cancel()
        uploads.removeAll()
        let last = phase
        phase = .closed
        switch last {
        case .expectsHandshake(let delegate), .open(let delegate): delegate.closed(self, because: fault)
        case .arrives, .closed: break
        }
    }

    // MARK: - Receiving

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do throws(PeerFault) {
            switch phase {
            case .expectsHandshake(let delegate): try greet(buffer, delegate)
            case .open(let delegate):
                try deliver(buffer, to: delegate)
                delegate.hasRead(buffer.readableBytes)
            case .arrives, .closed: break
            }
        } catch {
            close(error)
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if case .open(let delegate) = phase { delegate.readCompleted(self) }
        serveUploads()
        flush()
        context.fireChannelReadComplete()
    }

    private func greet(_ bytes: ByteBuffer, _ delegate: any PeerConnectionDelegate) throws(PeerFault) {
        handshakeBytes.writeImmutableBuffer(bytes)
        guard let handshake = try Handshake.read(from: &handshakeBytes) else { return }
        guard handshake.infoHash == delegate.handshake.infoHash else { throw .wrongInfoHash }
        handshakeTimer?.cancel()
        let rest = handshakeBytes.slice()
        handshakeBytes = ByteBuffer()
        try open(delegate, handshake, rest)
    }

    /// Both handshakes are done; `rest` is what came behind the peer's.
    private func open(
        _ delegate: any PeerConnectionDelegate,
        _ handshake: Handshake,
        _ rest: ByteBuffer
    ) throws(PeerFault) {
        phase = .open(delegate)
        decoder = PeerFrameDecoder(limits: delegate.limits)
        delegate.connected(self, handshake: handshake)
        if case .open = phase, rest.readableBytes > 0 { try deliver(rest, to: delegate) }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            serveUploads()
            flush()
        }
        context.fireChannelWritabilityChanged()
    }
}
