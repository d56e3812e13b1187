import ArgumentParser
import BusServices
import BusTransport
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
            let node = try await NodeService.start(
                NodeConfiguration(
                    name: context.name,
                    databasePath: context.home.node(context.name.number) + "/state.db",
                    listenHost: door.host,
                    listenPort: door.port
                ),
                hashing: HashingClient(context.bus),
                publish: { context.events.publish($0) },
                logger: context.logger
            )
            context.bus.serve(RouteTable([TorrentsRoutes(node)]).handler)
            return NodeProcess(node: node)
        }
    }
}

/// The node as a process: runs until it is asked to end.
private struct NodeProcess: ProcessService {
    let node: NodeService
    private let stop = StopRequest()

    init(node: NodeService) {
        self.node = node
    }

    var endpoints: Endpoints { Endpoints(peerPort: node.listenPort) }

    func load() async -> Int { await node.load() }

    func run() async { _ = await stop.wait() }

    func shutdown() async {
        await node.stop()
        stop.request(.asked)
    }
}
