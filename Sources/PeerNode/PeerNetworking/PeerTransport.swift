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

    /// Binds the port of the `last` run, else `preferred`, else the next free one up to eight further, else any: the
    /// same port at every host.
    ///
    /// A `preferred` of 0 means any. Nodes that start together would otherwise swap ports, and peers that know a
    /// torrent by its address would meet the wrong node. A host of a family that this machine lacks is left out, unless
    /// it is the only one.
    package func listen(
        hosts: [String],
        preferred: UInt16,
        last: UInt16? = nil,
        acceptor: any PeerAcceptor
    ) async throws -> [any Channel] {
        let room = WaitingRoom()
        let bootstrap = { self.bootstrap(for: $0, acceptor: acceptor, in: room) }
        let end = preferred.addingReportingOverflow(8)
        let wished = preferred == 0 ? [] : Array(preferred...(end.overflow ? .max : end.partialValue))
        for port in (last.map { [$0] } ?? []) + wished {
            if let channels = try await bind(hosts, port: port, bootstrap) { return channels }
        }
        // A port that is free at one address may be taken at the next.
        for _ in 0..<16 {
            if let channels = try await bind(hosts, port: 0, bootstrap) { return channels }
        }
        throw IOError(errnoCode: EADDRINUSE, reason: "bind")
    }

    /// Binds one port at every host; `nil` when it is taken at one of them.
    private func bind(
        _ hosts: [String],
        port: UInt16,
        _ bootstrap: (String) -> ServerBootstrap
    ) async throws -> [any Channel]? {
        var channels: [any Channel] = []
        var failure: IOError?
        for host in hosts {
            do {
                let chosen = channels.first?.localAddress?.port ?? Int(port)
                channels.append(try await bootstrap(host).bind(host: host, port: chosen).get())
            } catch let error as IOError {
                if error.errnoCode == EADDRINUSE {
                    for channel in channels { try await channel.close() }
                    return nil
                }
                failure = error
                guard hosts.count > 1, Self.meansNoFamily(error.errnoCode) else {
                    for channel in channels { try await channel.close() }
                    throw error
                }
                logger.notice(
                    "not listening at an address of a kind that this machine lacks",
                    metadata: ["host": "\(host)"]
                )
            }
        }
        if channels.isEmpty, let failure { throw failure }
        return channels
    }

    private func bootstrap(
        for host: String,
        acceptor: any PeerAcceptor,
        in room: WaitingRoom
    ) -> ServerBootstrap {
        let logger = logger
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
            .childChannelOption(.maxMessagesPerRead, value: 1)
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
        // An IPv4 address has a socket of its own.
        guard IPAddress(host)?.isIPv6 == true else { return bootstrap }
        return bootstrap.serverChannelOption(.ipv6OnlyOption, value: 1)
    }

    private static func meansNoFamily(_ code: CInt) -> Bool {
        code == EAFNOSUPPORT || code == EPROTONOSUPPORT || code == EADDRNOTAVAIL
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
            // So that a limit that holds reads back is overrun by one read at most.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.writeBufferWaterMark, value: PeerConnection.outboundMarks)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(connection) }
            }
    }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    fileprivate static var ipv6OnlyOption: Self { .init(level: .ipv6, name: .ipv6_v6only) }
}
