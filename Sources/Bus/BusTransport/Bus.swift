/// One process's connection to the hub: requests both ways, events both ways.
///
/// Two make it: ``ZeroMQBus`` between processes, ``InMemoryBus`` inside a test.
package protocol Bus: Sendable {
    /// Asks `destination` and waits for the answer.
    ///
    /// Cancelling the task tells the other side that the answer is no longer wanted.
    ///
    /// - Parameters:
    ///   - method: service and call, such as `hashing.hash`.
    ///   - destination: a process, the launcher, or the least loaded process of a role.
    ///   - body: the serialized request message.
    ///   - deadline: how long to wait; the other side is told.
    ///   - onProgress: called with each progress message, in order, before the answer arrives.
    /// - Returns: the serialized reply message.
    /// - Throws: ``BusFault``, from the other side, the hub, or this one (deadline, cancellation, no connection).
    func request(
        _ method: String,
        to destination: Destination,
        body: [UInt8],
        deadline: Duration,
        onProgress: (@Sendable ([UInt8]) -> Void)?
    ) async throws(BusFault) -> [UInt8]

    /// Tells the hub something that needs no answer.
    ///
    /// Never blocks; dropped when the outgoing queue is full.
    func notify(_ method: String, body: [UInt8])

    /// Publishes an event.
    ///
    /// Never blocks; dropped when the outgoing queue is full.
    func publish(_ topic: Topic, body: [UInt8])

    /// Events of `topics` from now on.
    ///
    /// Begins with ``BusEvent/live`` and ends when the bus closes. A slow reader loses the oldest events and is told.
    func events(_ topics: Set<Topic>) -> AsyncStream<BusEvent>

    /// Answers the requests that come from the hub; set once, before the process says that it is ready.
    func serve(_ handler: @escaping RequestHandler)
}

/// Answers one request with the serialized reply.
///
/// Runs in a task of its own, cancelled when the asker gives up.
package typealias RequestHandler = @Sendable (IncomingRequest) async throws(BusFault) -> [UInt8]

/// A request as its handler sees it.
package struct IncomingRequest: Sendable {
    package let method: String
    package let body: [UInt8]
    /// Who asks: a process name as text, or `control`.
    package let source: String
    /// How long the asker still waits.
    package let deadline: Duration
    /// Sends a progress message to the asker.
    package let progress: @Sendable ([UInt8]) -> Void

    package init(
        method: String,
        body: [UInt8],
        source: String,
        deadline: Duration,
        progress: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.method = method
        self.body = body
        self.source = source
        self.deadline = deadline
        self.progress = progress
    }
}

/// What events are about; a subscriber chooses by it.
package enum Topic: String, CaseIterable, Sendable, Hashable {
    case torrent
    case process
    case log
    case job
}

/// What a subscriber sees.
package enum BusEvent: Hashable, Sendable {
    /// - Parameter sequence: counts the events of a topic, without gaps, from 1 at the launcher's start.
    case event(topic: Topic, sequence: UInt64, source: String, timeMilliseconds: Int64, body: [UInt8])
    /// Events were lost between the one before and the next: ask for the state anew.
    case missed(topic: Topic)
    /// The subscription stands: no change is missed that comes after a state asked for from now on.
    case live
}
