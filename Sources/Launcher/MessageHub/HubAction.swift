package import BusServices
package import BusTransport

/// What the engine of the hub wants done; values only, so that tests compare them.
package enum HubAction: Hashable, Sendable {
    case send(Connection, Envelope, body: [UInt8])
    /// Ask the launcher's own service; its answer comes back under `number`.
    case askLauncher(number: UInt64, method: String, body: [UInt8], source: String, deadline: Duration)
    case cancelLauncher(number: UInt64)
    case publish(SuiteEvent)
    case tell(HubObservation)
    /// Look whether the file of the checks is as it was made: this worker failed at one.
    case reviewCheckFile(worker: Connection, reason: String)
    /// Something was ignored or refused: who sent it, and why.
    case note(sender: String, reason: String)
}

/// What the supervisor is told.
package enum HubObservation: Hashable, Sendable {
    case connected(SessionHello)
    case ready(Incarnation, Endpoints)
    case beat(Incarnation, load: Int)
    case failed(Incarnation, reason: String)
}

/// The times that the hub keeps.
package struct HubTimes: Hashable, Sendable {
    /// How often a process sends a heartbeat.
    package var heartbeat = Duration.seconds(1)
    /// Without a heartbeat for so long, a process hangs.
    package var hung = Duration.seconds(10)
    /// A pause of the launcher itself (it was stopped, the machine slept) that no process is blamed for.
    package var ownPause = Duration.seconds(3)
    package var hashing = HashLimits()

    package init() {}
}
