import BitTorrentTypes
import NIOCore
import NIOPosix
import PeerNetworking
import PeerWire
import Testing

@Suite struct `Peer transport` {
    /// Gathers what a peer hears, until it is a handshake or the connection ends.
    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var heard = ByteBuffer()
        private let answer: EventLoopPromise<[UInt8]>

        init(_ answer: EventLoopPromise<[UInt8]>) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            heard.writeImmutableBuffer(unwrapInboundIn(data))
            if heard.readableBytes >= 68 { answer.succeed(Array(heard.readableBytesView)) }
        }

        func channelInactive(context: ChannelHandlerContext) { answer.succeed(Array(heard.readableBytesView)) }
    }

    /// A torrent on the second of two loops, the first of which accepts; `body` gets it and a channel that is connected.
    private func withPeer(
        _ body: (RecordingTorrent, any Channel, EventLoopFuture<[UInt8]>) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (accepting, home) = (group.next(), group.next())
        let torrent = try RecordingTorrent(on: home)
        let listeners = try await PeerTransport(accepting: accepting, logger: .none)
            .listen(hosts: ["127.0.0.1"], preferred: 0, acceptor: torrent)
        let listener = try #require(listeners.first)
        let answer = group.next().makePromise(of: [UInt8].self)
        let peer = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(answer))
                }
            }
            .connect(to: #require(listener.localAddress)).get()
        try await body(torrent, peer, answer.futureResult)
        try await listener.close()
        try await group.shutdownGracefully()
    }

    private func hello() throws -> ByteBuffer {
        var buffer = ByteBuffer()
        Handshake(infoHash: try identity(1), peerID: try peer(2)).write(into: &buffer)
        return buffer
    }

    @Test func `a connection moves to the loop of its torrent, and no byte is lost`() async throws {
        try await withPeer { torrent, peer, heard in
            let closed = torrent.eventLoop.makePromise(of: Void.self)
            try await torrent.eventLoop.submit { torrent.onClosed = { closed.succeed() } }.get()
            var stream = try hello()
            let blocks = torrent.allBlocks
            for block in blocks {
                stream.writeBlockHeader(BlockHeader(block))
                stream.writeRepeatingByte(UInt8(block.piece.rawValue + 1), count: block.length)
            }
            // Cut in the handshake, and behind it.
            for length in [30, 200, 50_000] {
                let part = stream.readSlice(length: length)
                try await peer.writeAndFlush(#require(part))
            }
            try await peer.writeAndFlush(stream)
            #expect(try await heard.get().prefix(20) == [19] + Array("BitTorrent protocol".utf8))
            try await peer.close()
            try await closed.futureResult.get()

            try await torrent.eventLoop.submit {
                #expect(torrent.blocks == blocks)
                #expect(torrent.handshakes.count == 1)
                let isWhole = torrent.bytes == (1...4).flatMap { [UInt8](repeating: $0, count: 32_768) }
                #expect(isWhole)
            }.get()
        }
    }

    @Test func `a torrent that takes no connections gives no answer`() async throws {
        try await withPeer { torrent, peer, heard in
            try await torrent.eventLoop.submit { torrent.takesConnections = false }.get()
            try await peer.writeAndFlush(hello())
            #expect(try await heard.get().isEmpty)
        }
    }
}
