import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// What a client may send before it is sent away.
enum HTTPLimits {
    /// Path and query, in bytes; an announce needs a few hundred.
    static let target = 8 * 1024

    /// A server that closes a connection when a head, or the next part of a body, takes longer than `idleTimeout`.
    static func server(idleTimeout: Duration) -> HTTPServerBuilder {
        .http1(
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

    static func application(host: String, port: Int, logger: Logger) -> ApplicationConfiguration {
        ApplicationConfiguration(
            address: .hostname(host, port: port),
            backlog: 1024,
            availableConnectionsDelegate: .maximum(4096, logger: logger)
        )
    }
}
