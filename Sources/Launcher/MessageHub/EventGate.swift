import BusTransport

/// Lets events through, numbered: only from processes that are who they say, only on topics of their role.
struct EventGate: Sendable {
    private var sequences: [Topic: UInt64] = [:]

    /// The parts to pass on.
    mutating func admit(
        _ message: ReceivedMessage,
        sessions: SessionTable,
        timeMilliseconds: Int64
    ) throws(BusFault) -> [[UInt8]] {
        guard message.parts.count == 3, message.droppedParts == 0 else {
            throw BusFault(.invalid, "an event of \(message.parts.count + message.droppedParts) parts, not 3")
        }
        let name = String(decoding: message.parts[0].prefix(64), as: UTF8.self)
        guard message.parts[0].count <= 64, let topic = Topic(rawValue: name) else {
            throw BusFault(.invalid, "an event about \"\(name)\", which is no topic")
        }
        let header = try EventHeader(message.parts[1])
        guard let source = ProcessName(header.source), let connection = sessions.connection(of: source),
            let session = sessions[connection], session.process.epoch == header.epoch
        else {
            throw BusFault(
                .refused,
                "an event from \(header.source.prefix(64)), start \(header.epoch), not running now"
            )
        }
        guard Permissions.publish(source.role, topic) else {
            throw BusFault(.refused, "\(source) may not publish about \(topic.rawValue)")
        }
        return stamp(topic, header, message.parts[2], timeMilliseconds)
    }

    /// An event of the launcher's own.
    mutating func own(_ topic: Topic, _ body: [UInt8], timeMilliseconds: Int64) -> [[UInt8]] {
        stamp(topic, EventHeader(source: Role.launcher.rawValue, epoch: 0), body, timeMilliseconds)
    }

    private mutating func stamp(
        _ topic: Topic,
        _ header: EventHeader,
        _ body: [UInt8],
        _ timeMilliseconds: Int64
    ) -> [[UInt8]] {
        let sequence = sequences[topic, default: 0] + 1
        sequences[topic] = sequence
        var header = header
        header.sequence = sequence
        header.timeMilliseconds = timeMilliseconds
        return [Array(topic.rawValue.utf8), header.bytes, body]
    }
}
