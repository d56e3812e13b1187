import HummingbirdCore
import NIOCore

/// What a client may send before it is sent away.
enum HTTPLimits {
    /// Path and query, in bytes; an announce needs a few hundred.
    static let target = 8 * 1024

    /// Serves a connection; closes it when a head, or the next part of a body, takes longer than `idleTimeout`.
    static func channel(
        idleTimeout: Duration,
        responder: @escaping HTTPChannelHandler.Responder
    ) -> HTTP1Channel {
        HTTP1Channel(
            responder: responder,
            configuration: .init(
                idleTimeout: TimeAmount(idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 * 1024,
                    maxHeaderListSize: 32 * 1024,
                    maxHeaderFieldCount: 100
                )
            )
        )
    }
}
