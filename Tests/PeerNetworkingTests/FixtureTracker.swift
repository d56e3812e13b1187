import NIOCore
import NIOPosix
import Synchronization

/// A real HTTP server that gives one answer to everything, and remembers what it was asked.
final class FixtureTracker: Sendable {
    let url: String

    /// `answer` gets the request line and returns the bytes of the whole response.
    static func with<Value: Sendable>(
        _ answer: @escaping @Sendable (String) -> String,
        _ body: (FixtureTracker) async throws -> Value
    ) async throws -> Value {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(log: log, answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let tracker = FixtureTracker(channel, log)
        do {
            let value = try await body(tracker)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    private let log: Log

    private init(_ channel: any Channel, _ log: Log) {
        self.log = log
        url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/announce"
    }

    var lines: [String] { log.lines.withLock { $0 } }

    static func bencoded(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    private final class Log: Sendable {
        let lines = Mutex<[String]>([])
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let log: Log
        private let answer: @Sendable (String) -> String
        private var text = ""

        init(log: Log, answer: @escaping @Sendable (String) -> String) {
            self.log = log
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard text.contains("\r\n\r\n") else { return }
            let line = text.split(separator: "\r\n").first.map(String.init) ?? ""
            text = ""
            log.lines.withLock { $0.append(line) }
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer(line)))).whenComplete { _ in
                bound.value.close(promise: nil)
            }
        }
    }
}
