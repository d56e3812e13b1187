import NIOCore
import ServiceShapes

/// What the events of the stream are about; a client chooses by it.
enum EventTopic: String, CaseIterable, Sendable {
    case process, torrent, job, catalogue, upload, stats
}

/// A change, with what of the state it replaces.
struct ConsoleEvent: Sendable {
    /// What becomes of a thing.
    enum Change: Sendable {
        /// This is all that is known of it.
        case now(JSONValue)
        /// It is gone; the value names it.
        case gone(JSONValue)
        /// It happened, and leaves nothing that a later client would want to know.
        case news(JSONValue)
    }

    let topic: EventTopic
    /// Names the thing among those of its topic.
    let key: String
    let change: Change
}

/// An event as it goes over the wire, made once for all clients.
///
///     id: 5f3a09c2-17
///     event: torrent
///     data: {"id":…}
///
/// - Source: HTML Living Standard, 9.2 (server-sent events).
struct EventFrame: Sendable {
    let number: Int
    let topic: EventTopic
    let bytes: ByteBuffer

    init(number: Int, epoch: String, topic: EventTopic, name: String, data: String) {
        self.number = number
        self.topic = topic
        bytes = Self.bytes(id: "\(epoch)-\(number)", name: name, data: data)
    }

    static func bytes(id: String, name: String, data: String) -> ByteBuffer {
        ByteBuffer(string: "id: \(id)\nevent: \(name)\ndata: \(data)\n\n")
    }
}
