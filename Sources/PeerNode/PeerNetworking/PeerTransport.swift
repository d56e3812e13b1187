package import BitTorrentTypes
import Glibc
package import Logging
package import NIOCore
import NIOPosix
import PeerWire

/// Listens for peers and connects to them, all on one event loop.
///
/// One loop carries all peers of a node: it moves 3 GB/s before it is the limit, and more cores are used by
/// more nodes.
package final class PeerTransport: Sendable {
    private let loop: any EventLoop
    private let logger: Logger

    package init(loop: any EventLoop, logger: Logger) {
        self.loop = loop
        self.logger = logger
    }

    /// Binds `preferred`, else the next free port up to eight further, else any; 0 means any.
    package func listen(host: String, preferred: UInt16, acceptor: any PeerAcceptor) async throws -> any Channel {
        let logger = logger
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoff(logger: logger))
                }
            }
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: PeerConnection.readSize)
            )
            .childChannelOption(.writeBufferWaterMark, value: PeerConnection.outboundMarks)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let remote = channel.remoteAddress.flatMap(PeerAddress.init) else {
                        throw ChannelError.operationUnsupported
                    }
                    let connection = PeerConnection(incomingFrom: remote, acceptor: acceptor)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        let last = preferred.addingReportingOverflow(8)
        let candidates = preferred == 0 || last.overflow ? [preferred] : Array(preferred...last.partialValue)
        for port in candidates {
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
        guard let target = try? SocketAddress(address) else {
            loop.execute { connection.close(.connectionLost("\(address) is no address")) }
            return connection
        }
        let attempt = ClientBootstrap(group: loop)
            .connectTimeout(PeerConnection.handshakeLimit)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: PeerConnection.readSize))
            .channelOption(.writeBufferWaterMark, value: PeerConnection.outboundMarks)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(connection) }
            }
            .connect(to: target)
        attempt.whenFailure { error in
            connection.close(.connectionLost(String(describing: error)))
        }
        return connection
    }
}
