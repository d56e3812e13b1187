import NIOCore
import NIOPosix
import Synchronization

/// A real HTTP server that gives one answer to everything, and remembers what it was asked.
final class FixtureTracker: Sendable {
    let url: String

    /// `answer` gets the request line and returns the bytes of the whole response; `endless` follows them again and again
    /// until the other side has had enough; when it is empty, nothing follows and the connection stays.
    static func with<Value: Sendable>(
        _ answer: @escaping @Sendable (String) -> String,
        endless: String? = nil,
        host: String = "127.0.0.1",
        port: Int = 0,
        _ body: (FixtureTracker) async throws -> Value
    ) async throws -> Value {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(log: log, answer: answer, endless: endless))
                }
            }
            .bind(host: host, port: port).get()
        let tracker = FixtureTracker(channel, log, host: host.contains(":") ? "[\(host)]" : host)
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

    private init(_ channel: any Channel, _ log: Log, host: String) {
        self.log = log
        url = "http://\(host):\(channel.localAddress?.port ?? 0)/announce"
    }

    /// Each request up to the empty line, but not of scrapes.
    var heads: [String] { log.heads.withLock { $0.filter { !$0.contains("/scrape") } } }

    /// The first lines of these.
    var lines: [String] { heads.map { $0.split(separator: "\r\n").first.map(String.init) ?? "" } }

    static func bencoded(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    private final class Log: Sendable {
        let heads = Mutex<[String]>([])
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let log: Log
        private let answer: @Sendable (String) -> String
        private let endless: String?
        private var text = ""

        init(log: Log, answer: @escaping @Sendable (String) -> String, endless: String?) {
            self.log = log
            self.answer = answer
            self.endless = endless
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard text.contains("\r\n\r\n") else { return }
            let line = text.split(separator: "\r\n").first.map(String.init) ?? ""
            log.heads.withLock { $0.append(text) }
            text = ""
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer(line)))).whenSuccess { [endless] in
                guard endless != "" else { return }
                if let endless { Self.write(endless, for: bound) } else { bound.value.close(promise: nil) }
            }
        }

        /// Goes on until a write fails: the client has closed.
        private static func write(_ part: String, for bound: NIOLoopBound<ChannelHandlerContext>) {
            let context = bound.value
            context.writeAndFlush(NIOAny(ByteBuffer(string: part))).whenSuccess {
                // Not from here: the stack would grow with each part that the socket takes at once.
                bound.value.eventLoop.execute { write(part, for: bound) }
            }
        }
    }
}
