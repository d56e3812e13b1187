package import BusServices
package import BusTransport

/// What the supervisor needs to know of the suite it runs.
package struct SupervisorPlan: Sendable {
    package let version: String
    package let home: String
    package let launcherPID: Int32
    package let logFolder: String
    /// The program of a role.
    package let program: @Sendable (Role) -> String
    /// The environment of one start of a process.
    package let environment: @Sendable (ProcessName, _ epoch: UInt64, _ token: [UInt8]) -> [String: String]
    package let hashQueue: @Sendable () -> HashQueueReport
    /// Before a start: only a process with this token may call itself by this name.
    package let expect: @Sendable (ProcessName, _ epoch: UInt64, _ token: [UInt8]) -> Void
    /// After a process was reaped.
    package let ended: @Sendable (ProcessName, _ epoch: UInt64) -> Void
    package let changed: @Sendable (ProcessReport) -> Void
    /// Somebody asked over the bus for the end of the suite.
    package let stopAsked: @Sendable () -> Void

    package init(
        version: String,
        home: String,
        launcherPID: Int32,
        logFolder: String,
        program: @escaping @Sendable (Role) -> String,
        environment: @escaping @Sendable (ProcessName, UInt64, [UInt8]) -> [String: String],
        hashQueue: @escaping @Sendable () -> HashQueueReport,
        expect: @escaping @Sendable (ProcessName, UInt64, [UInt8]) -> Void,
        ended: @escaping @Sendable (ProcessName, UInt64) -> Void,
        changed: @escaping @Sendable (ProcessReport) -> Void,
        stopAsked: @escaping @Sendable () -> Void
    ) {
        self.version = version
        self.home = home
        self.launcherPID = launcherPID
        self.logFolder = logFolder
        self.program = program
        self.environment = environment
        self.hashQueue = hashQueue
        self.expect = expect
        self.ended = ended
        self.changed = changed
        self.stopAsked = stopAsked
    }
}

/// What happens to a process, as others see it.
package enum ProcessNews: Sendable {
    case ready(ProcessName, epoch: UInt64, Endpoints)
    case beat(ProcessName, epoch: UInt64, load: Int)
    case broken(ProcessName, epoch: UInt64, reason: String)
    case spawned(ProcessName, epoch: UInt64, pid: Int32)
    case ended(ProcessName, epoch: UInt64, reason: String)
}
