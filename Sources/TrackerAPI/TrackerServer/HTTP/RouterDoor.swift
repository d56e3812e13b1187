import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The way of a connection from the tracker's own door to the router: everything but announces and scrapes.
struct RouterDoor: Sendable {
    /// A socket, and what was read of it already.
    struct Visitor: Sendable {
        let descriptor: Int32
        let bytes: [UInt8]
    }

    /// More connections at a time than this are closed at once.
    private static let mostVisitors = 4_096

    private let http: HTTP1Channel
    private let logger: Logger
    private let visitors: AsyncStream<Visitor>
    private let arrivals: AsyncStream<Visitor>.Continuation
    private let present = Count()

    init(router: Router<TrackerContext>, idleTimeout: Duration, logger: Logger) {
        let responder = router.buildResponder()
        let date = HTTPDate()
        http = HTTPLimits.channel(idleTimeout: idleTimeout) { request, writer, channel in
            let context = TrackerContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            var response: Response
            do {
                response = try await responder.respond(to: request, context: context)
            } catch let error as HTTPParserError {
                throw error
            } catch {
                logger.debug("a request failed", metadata: ["error": "\(error)"])
                response = Response(status: .internalServerError)
            }
            response.headers[.date] = date.text
            try await writer.write(response: response.head, body: response.body)
        }
        self.logger = logger
        (visitors, arrivals) = AsyncStream.makeStream()
    }

    /// Takes over a connection; from any thread.
    func take(_ descriptor: Int32, _ bytes: [UInt8]) {
        guard present.number.add(1, ordering: .relaxed).newValue <= Self.mostVisitors else {
            leave(descriptor)
            return
        }
        switch arrivals.yield(Visitor(descriptor: descriptor, bytes: bytes)) {
        case .enqueued: break
        case .dropped, .terminated: leave(descriptor)
        @unknown default: leave(descriptor)
        }
    }

    private func leave(_ descriptor: Int32) {
        close(descriptor)
        present.number.subtract(1, ordering: .relaxed)
    }

    /// Serves who comes until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await visitor in visitors {
                group.addTask { await serve(visitor) }
            }
            group.cancelAll()
        }
        arrivals.finish()
    }

    private func serve(_ visitor: Visitor) async {
        let (http, logger) = (http, logger)
        defer { present.number.subtract(1, ordering: .relaxed) }
        do {
            let value = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .withConnectedSocket(visitor.descriptor) { channel -> EventLoopFuture<HTTP1Channel.Value> in
                    do {
                        try channel.pipeline.syncOperations.addHandler(FirstBytes(visitor.bytes))
                    } catch {
                        return channel.eventLoop.makeFailedFuture(error)
                    }
                    return http.setup(channel: channel, logger: logger)
                }
            await http.handle(value: value, logger: logger)
        } catch {
            logger.debug("a connection could not be taken over", metadata: ["error": "\(error)"])
        }
    }
}

/// How many visitors there are, waiting or being served.
private final class Count: Sendable {
    let number = Atomic(0)
}

/// Gives the handlers behind it what was read before the channel was made.
private final class FirstBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        bytes = []
        context.fireChannelRead(wrapInboundOut(buffer))
        context.fireChannelReadComplete()
    }
}
