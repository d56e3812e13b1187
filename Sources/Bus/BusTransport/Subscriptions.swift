/// The SUB socket of a process and the readers behind it.
///
/// A subscription takes a moment to reach the hub. So each reader also subscribes to a topic of its own, `ready:n…`,
/// which the hub echoes when it sees it: by then the topics subscribed before it stand.
struct Subscriptions {
    let socket: ZeroMQSocket
    private var readers: [EventBuffer] = []
    private var topics: Set<Topic> = []
    private var starting: [[UInt8]: EventBuffer] = [:]

    init(_ endpoint: String, in context: ZeroMQContext) throws(ZeroMQError) {
        socket = try ZeroMQSocket(.sub, in: context)
        try socket.connect(endpoint)
    }

    mutating func add(_ reader: EventBuffer, _ wanted: Set<Topic>) throws(ZeroMQError) {
        for topic in wanted where topics.insert(topic).inserted {
            try socket.subscribe(Array(topic.rawValue.utf8))
        }
        let marker = SubscriptionMarker.make()
        try socket.subscribe(marker)
        starting[marker] = reader
        readers.append(reader)
    }

    /// Hands out what has come.
    mutating func receive() throws(ZeroMQError) {
        var hasDelivered = false
        for _ in 0..<256 {
            guard let message = try socket.receive() else { break }
            hasDelivered = true
            try deliver(message)
        }
        if hasDelivered { readers.removeAll { $0.isFinished } }
    }

    private mutating func deliver(_ message: ReceivedMessage) throws(ZeroMQError) {
        guard let first = message.parts.first else { return }
        if let reader = starting.removeValue(forKey: first) {
            try socket.unsubscribe(first)
            return reader.push(.live)
        }
        guard message.parts.count == 3, message.droppedParts == 0,
            let topic = Topic(rawValue: String(decoding: first, as: UTF8.self))
        else { return }
        do throws(BusFault) {
            let header = try EventHeader(message.parts[1])
            let event = BusEvent.event(
                topic: topic,
                sequence: header.sequence,
                source: header.source,
                timeMilliseconds: header.timeMilliseconds,
                body: message.parts[2]
            )
            for reader in readers { reader.push(event) }
        } catch {
            // Without its number an event is lost; the next one shows the gap.
            return
        }
    }

    func finish() {
        for reader in readers { reader.finish() }
    }
}

/// The topic by which a subscriber learns that its subscriptions stand.
package enum SubscriptionMarker {
    private static let prefix = Array("ready:".utf8)

    package static func make() -> [UInt8] {
        prefix + Array(String(UInt64.random(in: 0 ... .max), radix: 36).utf8)
    }

    package static func matches(_ topic: some Collection<UInt8>) -> Bool {
        topic.count <= 32 && topic.starts(with: prefix)
    }
}
