import CZeroMQ

/// What the monitor of a socket tells about its connection.
enum ConnectionChange: Hashable, Sendable {
    case made
    case lost

    static let watched =
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_CLOSED
        | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL

    /// The first frame is the event's number (2 bytes) and a value (4 bytes), in the order of this machine.
    init?(_ message: ReceivedMessage) {
        guard let frame = message.parts.first, frame.count >= 2 else { return nil }
        let event = Int32(UInt16(littleEndian: UInt16(frame[0]) | UInt16(frame[1]) << 8))
        switch event {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            self = .made
        case ZMQ_EVENT_DISCONNECTED, ZMQ_EVENT_CONNECT_RETRIED, ZMQ_EVENT_CLOSED,
            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            self = .lost
        default:
            return nil
        }
    }
}
