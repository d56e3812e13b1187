import TrackerEngine

/// What a tracker is told at its start.
package struct TrackerConfiguration: Sendable {
    /// Whose torrents announces are taken for.
    package enum Mode: Sendable {
        /// Any info-hash.
        case open
        /// Only what is in the catalogue, or in the list of allowed torrents.
        case listed
        /// The same, and only clients whose URL has a passkey that is listed.
        case `private`
    }

    /// A loopback address or `localhost`.
    package var host = "127.0.0.1"
    /// 0: the one of last time, else any that is free.
    package var port = 8000
    /// 0, or taken by somebody: any that is free; `nil`: no UDP.
    package var udpPort: Int? = 6969
    /// Threads for announces and scrapes.
    package var loops = 1
    /// At the tracker's own HTTP door; who comes after them is closed at once.
    var connections = 16_384
    /// Requests a second that an address may send, ten seconds' worth at once; `nil`: not counted.
    package var requestRate: Int?
    /// Addresses and networks whose word about where their peer is (`ip=`) is taken.
    package var trusted: [String] = []
    /// Those whose `X-Forwarded-For` is taken.
    package var proxies: [String] = []
    /// The folder of the lists, absolute; `nil`: there are none.
    package var lists: String?
    package var mode = Mode.open
    package var interval = Duration.seconds(1800)
    /// What bounds the memory of the swarms.
    var swarmLimits = TrackerEngine.Limits()
    /// Absolute.
    package var uploads: String
    package var limits = UploadLimits()
    /// The folder of the swarms' snapshots, absolute; `nil` keeps none.
    package var snapshots: String?
    /// How often changed swarms are saved; less often when a save takes long.
    package var snapshotInterval = Duration.milliseconds(500)
    /// A request's head, and the pause between two parts of its body, may take so long.
    package var idleTimeout = Duration.seconds(10)
    /// Other sites whose pages may call the interface, such as `https://example.org`.
    package var origins: Set<String> = []
    /// The folder of Swagger UI; `nil` when it is not installed.
    package var viewer: String?
    /// Written into torrents as who made them.
    package var clientName: String
    package var version: String

    package init(uploads: String, clientName: String, version: String) {
        self.uploads = uploads
        self.clientName = clientName
        self.version = version
    }
}

/// Why the server does not start; one sentence that says what to do.
package enum TrackerServerError: Error, Hashable {
    case notLoopback(host: String)
    case portTaken(host: String, port: Int)
    case cannotBind(host: String, port: Int, reason: String)
}

extension TrackerServerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notLoopback(let host):
            "tracker.http.host is \(host), which others can reach, and nobody has to log in yet: use 127.0.0.1 or ::1"
        case .portTaken(let host, let port):
            "port \(port) of \(host) is in use: stop the other program, or set tracker.http.port to another (0: any)"
        case .cannotBind(let host, let port, let reason):
            "cannot listen on \(host):\(port): \(reason); see tracker.http.host and tracker.http.port"
        }
    }
}
