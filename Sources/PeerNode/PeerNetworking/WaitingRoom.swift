import DequeModule
import PeerWire

/// Connections that came in and have not said for which torrent.
///
/// Whoever connects and stays silent costs a descriptor for the handshake limit. When the room is full, the one that has
/// waited longest makes place, so that a flood of silent sockets neither takes all descriptors nor shuts the door.
///
/// It belongs to the accepting event loop and is touched there only, which makes the unchecked `Sendable` true.
final class WaitingRoom: @unchecked Sendable {
    static let limit = 256

    private let limit: Int
    private var waiting: Deque<IncomingHandshake> = []

    init(limit: Int = WaitingRoom.limit) {
        self.limit = limit
    }

    var count: Int { waiting.count }

    func enter(_ connection: IncomingHandshake) {
        waiting.append(connection)
        guard waiting.count > limit, let oldest = waiting.popFirst() else { return }
        oldest.close(.tooManyConnections)
    }

    func leave(_ connection: IncomingHandshake) {
        waiting.removeAll { $0 === connection }
    }
}
