import BitTorrentTypes
import Glibc
import Logging
import NIOCore
import NIOPosix
import PeerWire

/// The first bytes of a connection that came in: reads the handshake, finds its torrent and gives the connection to it.
///
///     accepting loop    handshake ──► which torrent? ──┬── it lives on this loop: the connection takes this handler's place
///                                                      └── on another: a channel there gets a duplicate of the descriptor
///
/// A channel cannot change its loop, but a socket can change its channel: the duplicate is the same connection, and what
/// was read before it is taken along.
final class IncomingHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A handshake is 68 bytes; what a hasty peer sends behind it is read with it.
    static let readSize = 512

    private let remote: PeerAddress
    private let acceptor: any PeerAcceptor
    private let room: WaitingRoom
    private let logger: Logger
    private var bytes = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    private var arrival: (handshake: Handshake, torrent: any PeerConnectionDelegate)?
    private var isClosed = false

    /// A connection from `remote`, which waits in `room` until it has said for which torrent it came.
    init(from remote: PeerAddress, acceptor: any PeerAcceptor, in room: WaitingRoom, logger: Logger) {
        self.remote = remote
        self.acceptor = acceptor
        self.room = room
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        room.enter(self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: PeerConnection.handshakeLimit) {
            bound.value.close(.handshakeTimeout)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) { end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.connectionLost(String(describing: error)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { close(.connectionLost("the peer stopped sending")) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        bytes.writeImmutableBuffer(unwrapInboundIn(data))
        guard arrival == nil else { return }
        do throws(PeerFault) {
            guard let handshake = try Handshake.read(from: &bytes) else { return }
            arrival = (handshake, try acceptor.delegate(for: handshake.infoHash))
        } catch {
            close(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !isClosed, let arrival else { return }
        let connection = PeerConnection(
            incomingFrom: remote,
            delegate: arrival.torrent,
            handshake: arrival.handshake,
            rest: bytes.slice()
        )
        end()
        if arrival.torrent.eventLoop === context.eventLoop {
            stay(connection, context)
        } else {
            move(connection, to: arrival.torrent.eventLoop, context)
        }
    }

    /// Closes the connection, for nobody to hear of.
    func close(_ fault: PeerFault) {
        guard !isClosed else { return }
        logger.debug("peer refused", metadata: ["peer": "\(remote)", "reason": "\(fault)"])
        end()
        context?.close(promise: nil)
    }

    /// From here on nothing of it counts any more.
    private func end() {
        isClosed = true
        timer?.cancel()
        room.leave(self)
    }

    private func stay(_ connection: PeerConnection, _ context: ChannelHandlerContext) {
        do {
            try context.channel.syncOptions?.setOption(.recvAllocator, value: PeerTransport.payloadAllocator)
            try context.pipeline.syncOperations.addHandler(connection, position: .after(self))
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            lost(error, context)
        }
    }

    private func move(_ connection: PeerConnection, to loop: any EventLoop, _ context: ChannelHandlerContext) {
        do {
            let duplicate = try context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { descriptor in
                let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
                guard duplicate >= 0 else { throw IOError(errnoCode: errno, reason: "dup") }
                return duplicate
            }
            guard let duplicate else { throw ChannelError.operationUnsupported }
            let (remote, logger) = (remote, logger)
            PeerTransport.adopt(duplicate, connection, on: loop).whenFailure { error in
                logger.debug("peer lost", metadata: ["peer": "\(remote)", "reason": "\(error)"])
            }
        } catch {
            return lost(error, context)
        }
        // The kernel's connection lives on in the duplicate.
        context.close(promise: nil)
    }

    private func lost(_ error: any Error, _ context: ChannelHandlerContext) {
        logger.debug("peer lost", metadata: ["peer": "\(remote)", "reason": "\(error)"])
        context.close(promise: nil)
    }
}
