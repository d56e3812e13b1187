/// The bounds that every socket and every message of the bus keeps.
package enum BusLimits {
    /// Bytes of one frame; a larger one ends its connection (`ZMQ_MAXMSGSIZE`).
    package static let messageBytes = 4 << 20
    /// Frames of one message that are looked at; the rest is thrown away with the message.
    package static let parts = 8
    /// Messages inside messages.
    package static let nestingDepth = 16
    /// Messages that wait in a socket (`ZMQ_SNDHWM`, `ZMQ_RCVHWM`).
    package static let highWaterMark: Int32 = 256
    /// Messages that wait between the tasks of a process and its socket.
    package static let outgoingQueue = 1024
    /// Milliseconds in which a connection must say what it is (`ZMQ_HANDSHAKE_IVL`).
    package static let handshakeMilliseconds: Int32 = 5000
    /// Milliseconds between pings on an idle connection (`ZMQ_HEARTBEAT_IVL`).
    package static let pingMilliseconds: Int32 = 1000
    /// Milliseconds without an answer to a ping that end a connection (`ZMQ_HEARTBEAT_TIMEOUT`).
    package static let pingTimeoutMilliseconds: Int32 = 3000
    /// Milliseconds for which unsent messages outlive their socket (`ZMQ_LINGER`).
    package static let lingerMilliseconds: Int32 = 500
    /// The longest that anybody waits for an answer.
    package static let deadline = Duration.seconds(3600)
    /// Requests that one process answers at the same time.
    package static let incomingRequests = 256
    /// Bytes of a method's name.
    package static let methodBytes = 64
    /// Bytes of the sentence in a fault; longer ones are cut.
    package static let faultBytes = 4096
    /// Events that wait for a slow reader; the oldest are lost beyond it.
    package static let waitingEvents = 1024
}
