package import BusTransport

/// How a process that the launcher started makes itself known to the hub.
package struct SessionHello: Hashable, Sendable {
    package let name: ProcessName
    package let pid: Int32
    package let epoch: UInt64
    /// The secret that the launcher gave this start of this process.
    package let token: [UInt8]
    package let programVersion: String

    package init(name: ProcessName, pid: Int32, epoch: UInt64, token: [UInt8], programVersion: String) {
        self.name = name
        self.pid = pid
        self.epoch = epoch
        self.token = token
        self.programVersion = programVersion
    }
}

/// What the hub does for the processes that the launcher started.
package protocol SessionService: Sendable {
    /// Must come first; answers with how often to send a heartbeat.
    func hello(_ hello: SessionHello) async throws(BusFault) -> Duration
    /// The process can serve.
    func ready(_ endpoints: Endpoints)
    /// Still alive, from the thread that does the work; `load` as in ``ProcessReport``.
    func heartbeat(load: Int)
}
