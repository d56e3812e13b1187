import NIOCore
import NIOPosix

/// An HTTP tracker that knows no peers and tells which events it hears.
final class StubTracker: Sendable {
    let url: String
    /// The `event` of each announce; empty for one without.
    let events: AsyncStream<String>

    static func with<Value: Sendable>(_ body: (StubTracker) async throws -> Value) async throws -> Value {
        let (events, heard) = AsyncStream.makeStream(of: String.self)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(heard: heard))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let tracker = StubTracker(url: "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/announce", events: events)
        do {
            let value = try await body(tracker)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    private init(url: String, events: AsyncStream<String>) {
        self.url = url
        self.events = events
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let heard: AsyncStream<String>.Continuation
        private var text = ""

        init(heard: AsyncStream<String>.Continuation) {
            self.heard = heard
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard text.contains("\r\n\r\n") else { return }
            let line = text.split(separator: "\r\n").first ?? ""
            text = ""
            if line.contains("/announce?") {
                let target = line.split(separator: " ").dropFirst().first ?? ""
                let fields = target.split(separator: "?").last?.split(separator: "&") ?? []
                heard.yield(fields.first { $0.hasPrefix("event=") }.map { String($0.dropFirst(6)) } ?? "")
            }
            let body = "d8:intervali1800e12:min intervali0e5:peers0:e"
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).whenSuccess {
                bound.value.close(promise: nil)
            }
        }
    }
}
