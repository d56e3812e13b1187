import Glibc
import Logging
import NIOCore

/// Stops accepting for a moment when the process has no descriptors left, instead of trying for ever.
final class AcceptBackoff: ChannelInboundHandler {
    typealias InboundIn = Any

    private static let pause = TimeAmount.seconds(1)
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode, code == EMFILE || code == ENFILE else {
            return context.fireErrorCaught(error)
        }
        logger.warning("too many open files: no new peers for a second, raise the limit (ulimit -n)")
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenSuccess {
            channel.eventLoop.scheduleTask(in: Self.pause) { channel.setOption(.autoRead, value: true) }
        }
    }
}
