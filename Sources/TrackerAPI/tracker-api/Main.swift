import BusServices
import BusTransport
import Logging
import ProcessRuntime
import TrackerServer
import TrackerStore

/// `tracker-api`: the HTTP and UDP tracker, its catalogue, and the way in for uploads.
///
/// It answers announces and scrapes from memory, lists torrents, and streams uploads to the disk, has them hashed by
/// hasher-workers and seeded by a peer-node. May touch: its ports, `db/p2p.db`, `db/swarms`, the upload folder, the lists;
/// it may ask the hub for hashing, for torrents and for the state of the suite, nothing else. How it fails: it is started
/// again; the swarms come back from the last snapshot
/// and from the peers' announces, and what an upload was told is in the database.
@main
struct Main {
    static func main() async {
        await ChildProcess.run(.trackerAPI) { context in
            let settings = context.settings
            var configuration = TrackerConfiguration(
                uploads: context.home.resolve(settings.storage.uploads),
                clientName: "p2p/\(ProgramVersion.text)",
                version: ProgramVersion.text
            )
            configuration.host = settings.tracker.http.host
            configuration.port = Int(settings.tracker.http.port)
            configuration.snapshots = context.home.swarms
            configuration.interval = settings.tracker.interval
            configuration.limits.quota = settings.storage.quota
            configuration.limits.shareable = settings.storage.shareable
            configuration.udpPort = Int(settings.tracker.udp.port)
            configuration.loops = settings.tracker.loops ?? 1
            configuration.requestRate = settings.tracker.requests
            configuration.trusted = settings.tracker.trusted
            configuration.proxies = settings.tracker.proxies
            configuration.lists = context.home.resolve(settings.tracker.lists)
            configuration.mode =
                switch settings.tracker.mode {
                case .open: .open
                case .listed: .listed
                case .private: .private
                }

            configuration.origins = Set(settings.tracker.cors)
            configuration.viewer = SharedFolder.path("swagger-ui")

            let opened = try await TrackerStore.open(
                path: context.home.database,
                setAsideSuffix: TrackerServer.timeStamp(),
                // A backup program may hold it for a minute; the launcher would give up after five starts in that time.
                patience: .seconds(300),
                onWait: { context.logger.warning("waiting for the database", metadata: ["reason": "\($0)"]) }
            )
            if let recovery = opened.recovery { context.logger.error("\(recovery)") }
            let server = try await TrackerServer.start(
                configuration,
                store: opened.store,
                // A job is 64 MiB at most: when it takes this long, no worker is there, and the uploader should hear it.
                hashing: HashingClient(context.bus, deadline: .seconds(60)),
                torrents: TorrentsClient(context.bus),
                suite: Suite(context.bus, downloads: Array(context.home.resolve(settings.storage.downloads).utf8)),
                logger: context.logger
            )
            context.bus.serve(RouteTable([CatalogueRoutes(server.catalogue)]).handler)
            Task { await inspect(opened.store, context.logger) }
            return TrackerProcess(server: server, store: opened.store)
        }
    }

    /// A large database is looked through while it serves already.
    private static func inspect(_ store: TrackerStore, _ logger: Logger) async {
        do {
            guard let harm = try await store.inspect() else { return }
            logger.error("the database is damaged; restart to have it set aside", metadata: ["reason": "\(harm)"])
        } catch {
            logger.error("the database cannot be looked through", metadata: ["reason": "\(error)"])
        }
    }
}

/// The server as the launcher sees it.
struct TrackerProcess: ProcessService {
    let server: TrackerServer
    let store: TrackerStore

    var endpoints: Endpoints { server.endpoints }

    func load() async -> Int { server.peerCount }

    func run() async throws { try await server.run() }

    func shutdown() async { await server.shutdown() }
}
