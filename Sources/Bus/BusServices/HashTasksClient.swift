package import BusTransport

/// Asks the hub about hash tasks.
package struct HashTasksClient: HashTasksService {
    private let bus: any Bus
    private let deadline: Duration

    package init(_ bus: any Bus, deadline: Duration = .seconds(10)) {
        self.bus = bus
        self.deadline = deadline
    }

    package func tasks() async throws(BusFault) -> [HashTaskStatus] {
        try HashTaskMessages.tasks(await ask(.tasks, []))
    }

    package func cancel(_ number: UInt64) async throws(BusFault) -> HashTaskStatus {
        try HashTaskMessages.cancelled(await ask(.cancel, HashTaskMessages.encode(cancel: number)))
    }

    private func ask(_ method: HashTasksMethod, _ body: [UInt8]) async throws(BusFault) -> [UInt8] {
        try await bus.request(method.rawValue, to: .launcher, body: body, deadline: deadline, onProgress: nil)
    }
}
