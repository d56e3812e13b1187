package import BitTorrentTypes
package import BusServices
package import BusTransport
package import Logging
package import NIOCore
import NIOPosix
package import PeerEngine
package import PeerNetworking
package import PieceStore

/// What the torrents of a node share.
package struct NodeEnvironment: Sendable {
    package let name: ProcessName
    /// A new one at each start of the node.
    package let peerID: PeerID
    /// Where the node listens for peers.
    package let listenPort: UInt16
    /// Each torrent lives on one of them, with all its connections.
    let loops: EventLoops
    /// Threads that wait for disks, so that no event loop does.
    let coldReads: NIOThreadPool
    package let transport: PeerTransport
    package let trackers: TrackerClient
    package let hashing: any HashingService
    package let recorder: PieceRecorder
    package let descriptors: DescriptorCache
    package let watch: FileWatch
    package let preallocation: Preallocation
    /// How every torrent trades.
    let engine: EngineSettings
    /// Where bytes of files that nobody wants are kept, when a piece needs them.
    package let asideFolder: [UInt8]
    /// How long somebody who changes a file gets to finish, and how often an obstacle is looked at.
    package let lookInterval: TimeAmount
    let farewells = Farewells()
    let throttle = NodeThrottle()
    let connections: ConnectionBudget
    let connectionPreferences: ConnectionPreferences
    /// Tells the suite; never blocks.
    package let publish: @Sendable (SuiteEvent) -> Void
    package let logger: Logger
}

/// A value that many hold and nobody changes: each holds a reference instead of a copy.
final class Shared<Value: Sendable>: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}

/// When files get their place on the disk.
package enum Preallocation: Sendable {
    /// With each block that comes.
    case sparse
    /// All at once, before the first block.
    case full
}

/// How a node is to run.
package struct NodeConfiguration: Sendable {
    package var name: ProcessName
    /// Of `state.db`; its folder is made when it is lacking.
    package var databasePath: String
    /// IPv4 and IPv6 addresses, all with the same port.
    package var listenHosts: [String]
    /// Tried after the port of the last run, then the next eight, then any; 0 means any.
    package var listenPort: UInt16
    /// Threads for torrents and their connections; `nil` is one for each core.
    package var loops: Int?
    package var preferences = NodePreferences()
    /// How long to wait for a predecessor that still holds the folder.
    package var lockPatience = Duration.seconds(5)
    /// The files of torrents that run are looked at every so often, some at a time.
    package var lookMilliseconds = 1000
    package var preallocation = Preallocation.full
    /// Limits of number and time towards peers.
    package var engine = EngineSettings()

    package init(
        name: ProcessName,
        databasePath: String,
        listenHosts: [String] = ["127.0.0.1", "::1"],
        listenPort: UInt16 = 6881
    ) {
        self.name = name
        self.databasePath = databasePath
        self.listenHosts = listenHosts
        self.listenPort = listenPort
    }
}
