import CZeroMQ
import Glibc

/// One ZeroMQ socket under the limits of the bus.
///
/// Belongs to the thread that made it; the compiler keeps it there, because it is not `Sendable`.
package final class ZeroMQSocket {
    package enum Kind: Sendable {
        case router
        case dealer
        case pub
        case sub
        case xpub
        case xsub
        case pair

        fileprivate var code: Int32 {
            switch self {
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .pub: ZMQ_PUB
            case .sub: ZMQ_SUB
            case .xpub: ZMQ_XPUB
            case .xsub: ZMQ_XSUB
            case .pair: ZMQ_PAIR
            }
        }
    }

    package enum Option: Sendable {
        /// The connection to a new owner of a routing id replaces the old one.
        case handover
        /// Sending to nobody is an error, not a silent loss.
        case mandatory
        /// Each subscription is seen, not only the first to a topic.
        case verboseSubscriptions

        fileprivate var code: Int32 {
            switch self {
            case .handover: ZMQ_ROUTER_HANDOVER
            case .mandatory: ZMQ_ROUTER_MANDATORY
            case .verboseSubscriptions: ZMQ_XPUB_VERBOSE
            }
        }
    }

    private let context: ZeroMQContext
    let handle: UnsafeMutableRawPointer
    /// Whether a message may be there: not since none was found, until a poll sees one.
    var mayHaveMessage = true

    /// Makes a socket that ends a connection on which more than `messageBytes` come at once.
    package init(
        _ kind: Kind,
        in context: ZeroMQContext,
        messageBytes: Int = BusLimits.messageBytes
    ) throws(ZeroMQError) {
        guard let handle = zmq_socket(context.handle, kind.code) else { throw .last("zmq_socket") }
        self.context = context
        self.handle = handle
        try set(ZMQ_LINGER, BusLimits.lingerMilliseconds)
        try set(ZMQ_SNDHWM, BusLimits.highWaterMark)
        try set(ZMQ_RCVHWM, BusLimits.highWaterMark)
        try set(ZMQ_HANDSHAKE_IVL, BusLimits.handshakeMilliseconds)
        try set(ZMQ_HEARTBEAT_IVL, BusLimits.pingMilliseconds)
        try set(ZMQ_HEARTBEAT_TIMEOUT, BusLimits.pingTimeoutMilliseconds)
        try set(ZMQ_RECONNECT_IVL, 100)
        try set(ZMQ_RECONNECT_IVL_MAX, 1000)
        var size = Int64(messageBytes)
        guard zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &size, 8) == 0 else { throw .last("zmq_setsockopt") }
    }

    deinit {
        zmq_close(handle)
    }

    package func bind(_ endpoint: String) throws(ZeroMQError) {
        guard zmq_bind(handle, endpoint) == 0 else { throw .last("zmq_bind \(endpoint)") }
    }

    package func connect(_ endpoint: String) throws(ZeroMQError) {
        guard zmq_connect(handle, endpoint) == 0 else { throw .last("zmq_connect \(endpoint)") }
    }

    package func enable(_ option: Option) throws(ZeroMQError) {
        try set(option.code, 1)
    }

    /// The name under which a ROUTER knows this socket: 1…255 bytes, the first not zero.
    package func setRoutingID(_ bytes: [UInt8]) throws(ZeroMQError) {
        try set(ZMQ_ROUTING_ID, bytes)
    }

    package func subscribe(_ topic: [UInt8]) throws(ZeroMQError) {
        try set(ZMQ_SUBSCRIBE, topic)
    }

    package func unsubscribe(_ topic: [UInt8]) throws(ZeroMQError) {
        try set(ZMQ_UNSUBSCRIBE, topic)
    }

    /// A socket that tells when this one's connection comes and goes.
    package func monitor(_ events: Int32) throws(ZeroMQError) -> ZeroMQSocket {
        let endpoint = "inproc://monitor-\(UInt(bitPattern: handle))"
        guard zmq_socket_monitor(handle, endpoint, events) == 0 else { throw .last("zmq_socket_monitor") }
        let socket = try ZeroMQSocket(.pair, in: context)
        try socket.connect(endpoint)
        return socket
    }

    private func set(_ option: Int32, _ value: Int32) throws(ZeroMQError) {
        var value = value
        guard zmq_setsockopt(handle, option, &value, 4) == 0 else { throw .last("zmq_setsockopt \(option)") }
    }

    private func set(_ option: Int32, _ bytes: [UInt8]) throws(ZeroMQError) {
        guard zmq_setsockopt(handle, option, bytes, bytes.count) == 0 else { throw .last("zmq_setsockopt \(option)") }
    }
}
