package import BitTorrentTypes
package import BusTransport

/// Asks the hasher-workers, through the hub's queue.
package struct HashingClient: HashingService {
    private let bus: any Bus
    private let deadline: Duration

    /// The deadline is the longest that a job may take, waiting in the queue included.
    package init(_ bus: any Bus, deadline: Duration = .seconds(600)) {
        self.bus = bus
        self.deadline = deadline
    }

    package func hash(
        _ job: HashJob,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(BusFault) -> [PieceOutcome] {
        let reply = try await bus.request(
            HashingMethod.hash.rawValue,
            to: .any(.hasherWorker),
            body: try HashingMessages.encode(job),
            deadline: deadline
        ) { body in
            do {
                progress(try HashingMessages.bytesHashed(body))
            } catch {
                // A progress message that cannot be read changes nothing about the answer.
                return
            }
        }
        return try HashingMessages.outcomes(reply, of: job.runs)
    }
}
