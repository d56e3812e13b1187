import NIOCore
import ServiceShapes
import Synchronization

/// Hands each change to every client of the event stream, and the whole state to a client that is new or was away too long.
///
/// A change is encoded once. A client that does not read fast enough is dropped when its queue is full: it comes back with
/// the number of its last event and gets what it missed.
final class EventHub: Sendable {
    /// The state as text, by topic and key.
    typealias Mirror = [EventTopic: [String: String]]

    static let maximumClients = 1024
    /// Frames that wait for a client; they are shared, so that a waiting one costs a reference.
    static let maximumWaiting = 512
    /// Things of a topic that are remembered for snapshots.
    private static let maximumThings = 100_000

    private struct Client {
        let topics: Set<EventTopic>
        let frames: AsyncStream<ByteBuffer>.Continuation
        let drop: @Sendable () -> Void
    }

    private struct State {
        var ring: EventRing
        var mirror: Mirror = [:]
        var clients: [Int: Client] = [:]
        var nextClient = 0
        var isClosed = false
        var dropped = 0
    }

    struct Counts: Sendable {
        let clients: Int
        /// Clients that were too slow.
        let dropped: Int
        let events: Int
    }

    /// Differs after each start, so that numbers of an earlier life are not taken for ours.
    let epoch: String
    private let state: Mutex<State>

    init(epoch: String, ring: EventRing = EventRing()) {
        self.epoch = epoch
        state = Mutex(State(ring: ring))
    }

    var counts: Counts {
        state.withLock { Counts(clients: $0.clients.count, dropped: $0.dropped, events: $0.ring.last) }
    }

    // MARK: - Events

    func publish(_ event: ConsoleEvent) {
        let (name, data) = event.encoded
        let slow = state.withLock { state -> [Client] in
            switch event.change {
            case .now:
                guard state.mirror[event.topic]?[event.key] != data else { return [] }
                let known = state.mirror[event.topic]?.count ?? 0
                if known < Self.maximumThings || state.mirror[event.topic]?[event.key] != nil {
                    state.mirror[event.topic, default: [:]][event.key] = data
                }
            case .gone:
                state.mirror[event.topic]?[event.key] = nil
            case .news:
                break
            }
            let epoch = epoch
            let frame = state.ring.append { number in
                EventFrame(number: number, epoch: epoch, topic: event.topic, name: name, data: data)
            }
            return Self.send(frame.bytes, in: &state) { $0.topics.contains(event.topic) }
        }
        for client in slow { client.drop() }
    }

    /// The keys of `topic` that are known, to find those that are gone.
    func keys(of topic: EventTopic) -> Set<String> {
        state.withLock { Set($0.mirror[topic, default: [:]].keys) }
    }

    /// A comment, so that both ends see that the connection stands.
    func beat() {
        let slow = state.withLock { Self.send(ByteBuffer(string: ": \n\n"), in: &$0) { _ in true } }
        for client in slow { client.drop() }
    }

    /// Ends every stream, and refuses new ones.
    func close() {
        let clients = state.withLock { state in
            state.isClosed = true
            defer { state.clients = [:] }
            return state.clients.values
        }
        for client in clients { client.frames.finish() }
    }

    /// Gives the frame to all whom it concerns; returns, and forgets, those whose queue was full.
    private static func send(_ bytes: ByteBuffer, in state: inout State, to concerns: (Client) -> Bool) -> [Client] {
        var slow: [Client] = []
        for (number, client) in state.clients where concerns(client) {
            if case .enqueued = client.frames.yield(bytes) { continue }
            state.clients[number] = nil
            slow.append(client)
        }
        state.dropped += slow.count
        for client in slow { client.frames.finish() }
        return slow
    }

    // MARK: - Clients

    /// What a client gets: first what it lacks, then what comes.
    struct Subscription: Sendable {
        let number: Int
        let first: [ByteBuffer]
        let frames: AsyncStream<ByteBuffer>
    }

    var hasRoom: Bool { state.withLock { !$0.isClosed && $0.clients.count < Self.maximumClients } }

    /// Joins a client.
    ///
    /// - Parameters:
    ///   - topics: what it wants to hear of.
    ///   - lastID: the id of the last event that it has, if any.
    ///   - drop: called when it is too slow.
    /// - Returns: `nil` when there are too many already.
    func subscribe(
        _ topics: Set<EventTopic>,
        after lastID: String?,
        drop: @escaping @Sendable () -> Void
    ) -> Subscription? {
        let (frames, continuation) = AsyncStream.makeStream(
            of: ByteBuffer.self,
            bufferingPolicy: .bufferingOldest(Self.maximumWaiting)
        )
        let known = lastID.flatMap(number)
        let joined = state.withLock { state -> (number: Int, last: Int, missed: [EventFrame]?, mirror: Mirror)? in
            guard !state.isClosed, state.clients.count < Self.maximumClients else { return nil }
            state.nextClient += 1
            state.clients[state.nextClient] = Client(topics: topics, frames: continuation, drop: drop)
            return (state.nextClient, state.ring.last, known.flatMap(state.ring.after), state.mirror)
        }
        guard let joined else { return nil }
        let first =
            joined.missed.map { missed in missed.filter { topics.contains($0.topic) }.map(\.bytes) }
            ?? [snapshot(joined.mirror, topics, at: joined.last)]
        return Subscription(number: joined.number, first: first, frames: frames)
    }

    func unsubscribe(_ subscription: Subscription) {
        state.withLock { $0.clients.removeValue(forKey: subscription.number) }?.frames.finish()
    }

    /// The number in an id of this life.
    private func number(_ id: String) -> Int? {
        guard id.hasPrefix(epoch + "-") else { return nil }
        return Int(id.dropFirst(epoch.count + 1))
    }

    /// Written outside the lock: a large state takes its time.
    private func snapshot(_ mirror: Mirror, _ topics: Set<EventTopic>, at number: Int) -> ByteBuffer {
        let parts = EventTopic.allCases.filter(topics.contains).map { topic in
            let things = mirror[topic, default: [:]].sorted { $0.key < $1.key }.map(\.value)
            return "\"\(topic.rawValue)\":[" + things.joined(separator: ",") + "]"
        }
        return EventFrame.bytes(
            id: "\(epoch)-\(number)",
            name: "snapshot",
            data: "{" + parts.joined(separator: ",") + "}"
        )
    }
}

extension ConsoleEvent {
    fileprivate var encoded: (name: String, data: String) {
        switch change {
        case .now(let value), .news(let value): (topic.rawValue, value.encoded)
        case .gone(let value): (topic.rawValue + "_removed", value.encoded)
        }
    }
}
