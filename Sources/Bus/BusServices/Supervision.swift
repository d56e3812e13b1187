package import BusTransport

/// What a process serves, and where.
package struct Endpoints: Hashable, Sendable {
    package var peerPort: UInt16?
    package var httpURL: String?
    package var udpURL: String?
    package var announceURL: String?

    package init(peerPort: UInt16? = nil, httpURL: String? = nil, udpURL: String? = nil, announceURL: String? = nil) {
        self.peerPort = peerPort
        self.httpURL = httpURL
        self.udpURL = udpURL
        self.announceURL = announceURL
    }
}

package enum ProcessState: String, CaseIterable, Hashable, Sendable {
    case starting, ready, stopping
    /// Ended; starts again when its back-off is over.
    case waiting
    /// Ended too often; stays down until somebody restarts it.
    case failed
}

/// One process of the suite, as `ps` shows it.
package struct ProcessReport: Hashable, Sendable {
    package var name: ProcessName
    /// 0 while it is not running.
    package var pid: Int32 = 0
    /// How often it was started.
    package var epoch: UInt64 = 0
    package var state: ProcessState
    package var restarts = 0
    package var cpuSeconds = 0.0
    package var residentBytes = 0
    package var uptimeSeconds = 0.0
    /// Why it ended last time; empty when it never did.
    package var lastExit = ""
    /// Torrents of a peer-node, open jobs of a hasher-worker.
    package var load = 0
    package var endpoints = Endpoints()

    package init(name: ProcessName, state: ProcessState) {
        self.name = name
        self.state = state
    }
}

/// The queue of hash jobs in the hub.
package struct HashQueueReport: Hashable, Sendable {
    package var waiting = 0
    package var running = 0
    package var bytesHashed = 0
    /// Jobs that went to another worker because theirs died or hung.
    package var requeued = 0

    package init() {}
}

/// The whole suite, as `status` shows it.
package struct SuiteReport: Hashable, Sendable {
    package var version: String
    package var home: [UInt8]
    package var launcherPID: Int32
    package var uptimeSeconds: Double
    package var processes: [ProcessReport]
    package var hashQueue: HashQueueReport

    package init(
        version: String,
        home: [UInt8],
        launcherPID: Int32,
        uptimeSeconds: Double,
        processes: [ProcessReport],
        hashQueue: HashQueueReport
    ) {
        self.version = version
        self.home = home
        self.launcherPID = launcherPID
        self.uptimeSeconds = uptimeSeconds
        self.processes = processes
        self.hashQueue = hashQueue
    }
}

/// What the launcher does for p2pctl.
package protocol SupervisionService: Sendable {
    func status() async throws(BusFault) -> SuiteReport
    /// Sets how many processes of each role run; answers when they are ready or gone.
    func scale(_ counts: [Role: Int]) async throws(BusFault) -> [ProcessReport]
    /// Ends a process in order and starts it again.
    func restart(_ name: ProcessName) async throws(BusFault) -> ProcessReport
    /// Stops the whole suite; answers at once with the launcher's pid.
    func stop() async throws(BusFault) -> Int32
}
