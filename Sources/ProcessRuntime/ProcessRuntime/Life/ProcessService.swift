package import BusServices
package import BusTransport
package import Logging

/// What a process needs to begin its work.
package struct ProcessContext: Sendable {
    package let name: ProcessName
    /// Grows with each start of this name.
    package let epoch: UInt64
    package let home: HomeFolder
    package let settings: Settings
    package let bus: any Bus
    package let events: EventPublisher
    package let logger: Logger
}

/// The work of a process, once it can serve.
package protocol ProcessService: Sendable {
    /// Where it serves; told to everybody when it is ready.
    var endpoints: Endpoints { get async }

    /// How much it has to do: torrents of a peer-node, open jobs of a hasher-worker.
    ///
    /// Asked for each heartbeat. Answer from where the work is done, so that stuck work stops the heartbeats.
    func load() async -> Int

    /// Returns when the work is over; by itself it never is.
    func run() async throws

    /// Ends the work in order, within five seconds, and makes ``run()`` return.
    func shutdown() async
}
