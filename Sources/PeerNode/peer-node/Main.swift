import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import PeerEngine
import ProcessRuntime
import TorrentSessions

/// `peer-node`: speaks BitTorrent, seeds and downloads.
///
/// May touch: its port, the folders of its torrents, its state database. How it fails: it is started again, and every
/// piece that was verified still is; at most what was under way is hashed or fetched again.
@main
struct PeerNode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer-node",
        abstract: "Seeds and downloads torrents. Started by the launcher.",
        version: ProgramVersion.text
    )

    func run() async throws {
        await ChildProcess.run(.peerNode) { context in
            let door = context.settings.peer.listen
            var configuration = NodeConfiguration(
                name: context.name,
                databasePath: context.home.node(context.name.number) + "/state.db",
                listenHosts: door.hosts,
                listenPort: door.port
            )
            configuration.loops = context.settings.peer.loops
            configuration.preferences = NodePreferences(context.settings)
            configuration.preallocation =
                switch context.settings.storage.preallocation {
                case .sparse: .sparse
                case .full: .full
                }
            let node = try await NodeService.start(
                configuration,
                hashing: HashingClient(context.bus),
                publish: { context.events.publish($0) },
                logger: context.logger
            )
            context.bus.serve(RouteTable([TorrentsRoutes(node)]).handler)
            return NodeProcess(node: node, events: EventFeed(context.bus))
        }
    }
}

extension NodePreferences {
    /// What the settings say; each node gets an equal part of the suite's limits.
    fileprivate init(_ settings: Settings) {
        self.init()
        let limits = settings.limits
        down = limits.down
        up = limits.up
        alternativeDown = limits.alternative.down
        alternativeUp = limits.alternative.up
        divideLimits(by: settings.peer.nodes)
        schedule = limits.alternative.schedule
        activeDownloads = settings.queue.downloads
        activeSeeds = settings.queue.seeds
        seedRatio = settings.seeding.ratio
        seedSeconds = settings.seeding.minutes.map { Double($0) * 60 }
        connections = ConnectionPreferences(settings.peer)
    }
}

extension ConnectionPreferences {
    fileprivate init(_ settings: Settings.Peer) {
        self.init()
        perTorrent = settings.connections.torrent
        perNode = settings.connections.node
        dials = settings.connections.dials
        addressSharing =
            switch settings.connections.address {
            case .one: .onePeer
            case .several: .severalPeers
            }
        uploadSlots = settings.uploads.slots
        seedChoking =
            switch settings.uploads.choking {
            case .fastest: .fastestUpload
            case .roundRobin: .roundRobin
            case .antiLeech: .antiLeech
            }
    }
}

/// The node as a process: runs until it is asked to end.
private struct NodeProcess: ProcessService {
    let node: NodeService
    let events: EventFeed
    private let stop = StopRequest()

    init(node: NodeService, events: EventFeed) {
        self.node = node
        self.events = events
    }

    var endpoints: Endpoints { Endpoints(peerPort: node.listenPort) }

    func load() async -> Int { await node.load() }

    func run() async {
        let watch = Task { await watchTrackers() }
        _ = await stop.wait()
        watch.cancel()
    }

    /// Tells a tracker of this suite that was started anew about our torrents: what it forgot, it knows again.
    private func watchTrackers() async {
        var epochs: [ProcessName: UInt64] = [:]
        for await update in events.updates([.process]) {
            guard case .event(.processChanged(let report), _, _, _) = update, report.name.role == .trackerAPI,
                report.state == .ready, epochs.updateValue(report.epoch, forKey: report.name) != report.epoch,
                let announceURL = report.endpoints.announceURL
            else { continue }
            await node.trackerRestarted(announceURL)
        }
    }

    func shutdown() async {
        await node.stop()
        stop.request(.asked)
    }
}
