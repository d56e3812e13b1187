package import BusServices
package import BusTransport

/// What the hub tells whoever started the processes; called on the hub's thread, so nothing here may wait.
package protocol HubObserver: Sendable {
    /// A process has shown the token that it was started with.
    func processConnected(_ hello: SessionHello)
    /// A process can serve.
    func processReady(_ name: ProcessName, epoch: UInt64, endpoints: Endpoints)
    /// A process is alive; `load` as in ``ProcessReport``.
    func processBeat(_ name: ProcessName, epoch: UInt64, load: Int)
    /// A process hangs or answers wrongly, and is cut off: it should be killed and started again.
    func processFailed(_ name: ProcessName, epoch: UInt64, reason: String)
}
