import NIOCore
import NIOPosix
import Synchronization

/// A real UDP tracker that does what a test tells it, and remembers what it was asked.
final class FixtureUDPTracker: Sendable {
    /// What to do with one datagram.
    enum Reply: Sendable {
        case send([UInt8])
        /// From a socket of another port, as a liar would.
        case sendFromElsewhere([UInt8])
    }

    let url: String

    /// `answer` gets each datagram; it runs on one event loop.
    @discardableResult
    static func with<Value: Sendable>(
        host: String = "127.0.0.1",
        _ answer: @escaping @Sendable ([UInt8]) -> [Reply],
        _ body: (FixtureUDPTracker) async throws -> Value
    ) async throws -> Value {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let liar = try await DatagramBootstrap(group: loop).bind(host: host, port: 0).get()
        let log = Log()
        let channel = try await DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(log: log, liar: liar, answer: answer))
                }
            }
            .bind(host: host, port: 0).get()
        let tracker = FixtureUDPTracker(host: host, port: channel.localAddress?.port ?? 0, log)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(tracker)) } catch { outcome = .failure(error) }
        try await channel.close()
        try await liar.close()
        return try outcome.get()
    }

    private let log: Log

    private init(host: String, port: Int, _ log: Log) {
        url = "udp://\(host.contains(":") ? "[\(host)]" : host):\(port)/announce?k=1"
        self.log = log
    }

    /// The actions of what came: 0 connect, 1 announce, 2 scrape.
    var actions: [UInt8] { datagrams.map { $0[11] } }

    var datagrams: [[UInt8]] { log.datagrams.withLock { $0 } }

    /// What a tracker without tricks answers, with `peers` as rows of bytes.
    static func honest(_ datagram: [UInt8], peers: [UInt8] = []) -> [UInt8] {
        let transaction = Array(datagram[12..<16])
        switch datagram[11] {
        case 0: return [0, 0, 0, 0] + transaction + [1, 2, 3, 4, 5, 6, 7, 8]
        case 1: return [0, 0, 0, 1] + transaction + [0, 0, 3, 0x84, 0, 0, 0, 5, 0, 0, 0, 6] + peers
        default: return [0, 0, 0, 2] + transaction + [0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 5]
        }
    }

    private final class Log: Sendable {
        let datagrams = Mutex<[[UInt8]]>([])
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>
        private let log: Log
        private let liar: any Channel
        private let answer: @Sendable ([UInt8]) -> [Reply]

        init(log: Log, liar: any Channel, answer: @escaping @Sendable ([UInt8]) -> [Reply]) {
            self.log = log
            self.liar = liar
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            let datagram = Array(envelope.data.readableBytesView)
            log.datagrams.withLock { $0.append(datagram) }
            for reply in answer(datagram) {
                switch reply {
                case .send(let bytes):
                    let out = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
                    context.writeAndFlush(wrapOutboundOut(out), promise: nil)
                case .sendFromElsewhere(let bytes):
                    let out = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
                    liar.writeAndFlush(out, promise: nil)
                }
            }
        }
    }
}
