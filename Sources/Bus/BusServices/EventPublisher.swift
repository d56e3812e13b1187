package import BusTransport

/// Tells the other processes what changed here.
package struct EventPublisher: Sendable {
    private let bus: any Bus

    package init(_ bus: any Bus) {
        self.bus = bus
    }

    /// Publishes `event`, never blocking.
    ///
    /// An event over the limits of a message (a log line of megabytes) is left out.
    package func publish(_ event: SuiteEvent) {
        do {
            bus.publish(event.topic, body: try EventMessages.encode(event))
        } catch {
            // There is nobody to tell: events are news, and the state they tell of can be asked for.
            return
        }
    }
}
