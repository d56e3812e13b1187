package import BusTransport

/// One event as a subscriber sees it, with where it comes from.
package enum SuiteUpdate: Hashable, Sendable {
    /// - Parameters:
    ///   - sequence: counts the events of a topic from the launcher's start.
    ///   - source: the process that published it, such as `peer-node/1`.
    ///   - timeMilliseconds: when the hub passed it on, Unix.
    case event(SuiteEvent, sequence: UInt64, source: String, timeMilliseconds: Int64)
    /// Events were lost, or could not be read: ask for the state anew.
    case missed(Topic)
    /// The subscription stands: no change is missed that comes after a state asked for from now on.
    case live
}

/// What changes in the suite, from now on.
package struct EventFeed: Sendable {
    private let bus: any Bus

    package init(_ bus: any Bus) {
        self.bus = bus
    }

    /// The updates of `topics`, until the bus closes.
    package func updates(_ topics: Set<Topic>) -> AsyncMapSequence<AsyncStream<BusEvent>, SuiteUpdate> {
        bus.events(topics).map { event in
            switch event {
            case .missed(let topic):
                return .missed(topic)
            case .live:
                return .live
            case .event(let topic, let sequence, let source, let time, let body):
                do {
                    let content = try EventMessages.event(body, topic: topic)
                    return .event(content, sequence: sequence, source: source, timeMilliseconds: time)
                } catch {
                    return .missed(topic)
                }
            }
        }
    }
}
