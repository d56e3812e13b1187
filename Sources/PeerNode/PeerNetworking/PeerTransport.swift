package import BitTorrentTypes
import Glibc
package import Logging
package import NIOCore
import NIOPosix
import PeerWire

/// Listens for peers and connects to them.
///
/// Each connection lives on the event loop of its torrent. Those that come in are accepted on one loop, which reads
/// the handshake and hands the connection over.
package final class PeerTransport: Sendable {
    /// A channel keeps its buffer: small while a peer only talks, room for sixteen blocks once it sends them.
    static let payloadAllocator = AdaptiveRecvByteBufferAllocator(
        minimum: 1024,
        initial: 2048,
        maximum: PeerConnection.readSize
    )

    private let accepting: any EventLoop
    private let logger: Logger

    /// Accepts connections on the loop `accepting`.
    package init(accepting: any EventLoop, logger: Logger) {
        self.accepting = accepting
        self.logger = logger
    }

    /// Binds the port of the `last` run, else `preferred`, else the next free one up to eight further, else any.
    ///
    /// A `preferred` of 0 means any. Nodes that start together would otherwise swap ports, and peers that know a
    /// torrent by its address would meet the wrong node.
    package func listen(
        host: String,
        preferred: UInt16,
        last: UInt16? = nil,
        acceptor: any PeerAcceptor
    ) async throws -> any Channel {
        let logger = logger
        let room = WaitingRoom()
        let bootstrap = ServerBootstrap(group: accepting)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoff(logger: logger))
                }
            }
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: IncomingHandshake.readSize)
            )
            .childChannelOption(.writeBufferWaterMark, value: PeerConnection.outboundMarks)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let remote = channel.remoteAddress.flatMap(PeerAddress.init) else {
                        throw ChannelError.operationUnsupported
                    }
                    let handshake = IncomingHandshake(from: remote, acceptor: acceptor, in: room, logger: logger)
                    try channel.pipeline.syncOperations.addHandler(handshake)
                }
            }
        let end = preferred.addingReportingOverflow(8)
        let wished = preferred == 0 ? [] : Array(preferred...(end.overflow ? .max : end.partialValue))
        for port in (last.map { [$0] } ?? []) + wished {
            do {
                return try await bootstrap.bind(host: host, port: Int(port)).get()
            } catch let error as IOError where error.errnoCode == EADDRINUSE {
                continue
            }
        }
        return try await bootstrap.bind(host: host, port: 0).get()
    }

    /// Connects to `address` for the torrent of `delegate`, which hears of the outcome, failure included.
    ///
    /// Returns the connection at once, so that it can be counted and closed while it is still being made.
    package func connect(to address: PeerAddress, delegate: any PeerConnectionDelegate) -> PeerConnection {
        let connection = PeerConnection(outgoingTo: address, delegate: delegate)
        let target: SocketAddress
        do {
            target = try SocketAddress(address)
        } catch {
            delegate.eventLoop.execute { connection.close(.connectionLost("\(address) cannot be dialled: \(error)")) }
            return connection
        }
        let attempt = Self.bootstrap(connection, on: delegate.eventLoop)
            .connectTimeout(PeerConnection.handshakeLimit)
            .connect(to: target)
        attempt.whenFailure { error in
            connection.close(.connectionLost(String(describing: error)))
        }
        return connection
    }

    /// A channel on `loop` for a socket that is connected already; takes the descriptor over.
    static func adopt(
        _ descriptor: NIOBSDSocket.Handle,
        _ connection: PeerConnection,
        on loop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        bootstrap(connection, on: loop).withConnectedSocket(descriptor)
    }

    private static func bootstrap(_ connection: PeerConnection, on loop: any EventLoop) -> ClientBootstrap {
        ClientBootstrap(group: loop)
            .channelOption(.recvAllocator, value: payloadAllocator)
            .channelOption(.writeBufferWaterMark, value: PeerConnection.outboundMarks)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(connection) }
            }
    }
}
