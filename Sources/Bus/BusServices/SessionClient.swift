package import BusTransport

/// Makes a process known to the hub.
package struct SessionClient: SessionService {
    private let bus: any Bus
    private let deadline: Duration

    package init(_ bus: any Bus, deadline: Duration = .seconds(10)) {
        self.bus = bus
        self.deadline = deadline
    }

    package func hello(_ hello: SessionHello) async throws(BusFault) -> Duration {
        let reply = try await bus.request(
            SessionMethod.hello.rawValue,
            to: .launcher,
            body: try SessionMessages.encode(hello),
            deadline: deadline,
            onProgress: nil
        )
        return try SessionMessages.heartbeatInterval(reply)
    }

    package func ready(_ endpoints: Endpoints) {
        notify(.ready) { () throws(BusFault) in try SessionMessages.encode(endpoints) }
    }

    package func heartbeat(load: Int) {
        notify(.heartbeat) { () throws(BusFault) in try SessionMessages.encode(load: load) }
    }

    private func notify(_ method: SessionMethod, _ body: () throws(BusFault) -> [UInt8]) {
        do {
            bus.notify(method.rawValue, body: try body())
        } catch {
            preconditionFailure("a notice of a few numbers and addresses is never over the limits: \(error)")
        }
    }
}
