package import BusServices
package import BusTransport

/// What the dispatcher wants done.
package enum HashAction: Hashable, Sendable {
    /// Give the job in `body` to `worker`, as its request number `attempt`.
    case assign(attempt: UInt64, worker: Connection, body: [UInt8], source: String, deadline: Duration)
    /// The answer to `attempt` is no longer wanted.
    case withdraw(attempt: UInt64, worker: Connection)
    case reply(asker: Connection, correlation: UInt64, body: [UInt8])
    case fail(asker: Connection, correlation: UInt64, BusFault)
    case progress(asker: Connection, correlation: UInt64, body: [UInt8])
    /// News of a task.
    case task(HashTaskStatus)
    /// A worker failed at a check: look whether the file that it had to read is as it was made.
    case review(worker: Connection, reason: String)
    /// A worker that answers wrongly or not at all should be replaced.
    case distrust(worker: Connection, reason: String)
}
