import AnnounceDoors
import BitTorrentTypes
package import BusServices
import Glibc
import Hummingbird
package import Logging
import NIOPosix
import TrackerEngine
package import TrackerStore

/// The tracker as it runs: the HTTP server, the swarms in memory, the catalogue on disk.
package final class TrackerServer: Sendable {
    package let catalogue: Catalogue
    /// The paths that the router knows.
    let paths: Set<String>
    /// What uploads are doing.
    package let uploads: UploadEvents
    private let work: Task<Void, any Error>
    private let keeper: SwarmKeeper
    private let watch: Task<Void, Never>
    let gate: AnnounceGate

    private init(
        catalogue: Catalogue,
        paths: Set<String>,
        uploads: UploadEvents,
        work: Task<Void, any Error>,
        keeper: SwarmKeeper,
        watch: SuiteWatch,
        gate: AnnounceGate
    ) {
        self.watch = Task { await watch.run() }
        self.catalogue = catalogue
        self.paths = paths
        self.uploads = uploads
        self.work = work
        self.keeper = keeper
        self.gate = gate
    }

    /// Restores the swarms and listens; the server answers when this returns.
    ///
    /// Throws ``TrackerServerError`` when it may not or cannot listen, and what the store throws.
    package static func start(
        _ configuration: TrackerConfiguration,
        store: TrackerStore,
        hashing: any HashingService,
        torrents: any TorrentsService,
        suite: Suite = .none,
        logger: Logger
    ) async throws -> TrackerServer {
        guard configuration.host == "localhost" || IPAddress(configuration.host)?.isLoopback == true else {
            throw TrackerServerError.notLoopback(host: configuration.host)
        }
        let swarms = Swarms(
            // A private tracker lists what it tracks, and asks its clients for more.
            mode: configuration.mode == .open ? .open : .listed,
            interval: configuration.interval,
            limits: configuration.swarmLimits
        )
        let access = configuration.lists.map { AccessFolder(path: $0, logger: logger) }
        let gate = AnnounceGate(configuration.rules(lists: access?.read() ?? .init()), rate: configuration.requestRate)
        let keeper = SwarmKeeper(
            swarms: swarms,
            gate: gate,
            store: store,
            folder: configuration.snapshots,
            pause: configuration.snapshotInterval,
            logger: logger
        )
        try await keeper.restore()
        let doors = UploadDoors(configuration)
        var cutOff: [DiskPath]?

        let news = EventHub(epoch: String(UInt64.random(in: .min ... .max), radix: 36))
        let watch = SuiteWatch(suite: suite, hub: news, swarms: swarms, uploads: doors.events, logger: logger)

        var ports = [configuration.port]
        if configuration.port == 0, let last = try await store.recall(.httpPort).flatMap({ Int($0) }) {
            ports.insert(last, at: 0)
        }
        for (number, port) in ports.enumerated() {
            let address = ServiceAddress(host: configuration.host, port: port)
            let catalogue = Catalogue(store: store, swarms: swarms, address: address, news: news) { Int(time(nil)) }
            let upload = UploadService(
                catalogue: catalogue,
                hashing: hashing,
                torrents: torrents,
                clientName: configuration.clientName,
                logger: logger
            )
            let router = router(configuration, upload, suite, gate, doors)
            if cutOff == nil { cutOff = try await doors.sweep(upload) }
            do throws(TrackerServerError) {
                let listening = try TrackerListening.begin(
                    configuration,
                    port: port,
                    swarms: swarms,
                    gate: gate,
                    router: router,
                    logger: logger
                )
                address.bind(port: listening.doors.httpPort, udpPort: listening.doors.udpPort)
                let work = work(listening, keeper, gate, access, logger)
                if configuration.port == 0 { try? await store.remember(.httpPort, "\(address.boundPort)") }
                doors.finish(cutOff ?? [], upload)
                return TrackerServer(
                    catalogue: catalogue,
                    paths: Set(router.routes.map(\.path.description)),
                    uploads: doors.events,
                    work: work,
                    keeper: keeper,
                    watch: watch,
                    gate: gate
                )
            } catch {
                // The port of last time is only a wish.
                guard number == ports.count - 1 else { continue }
                throw error
            }
        }
        preconditionFailure("there is a last port to try")
    }

    /// Where it serves.
    package var endpoints: Endpoints {
        Endpoints(
            httpURL: catalogue.address.url,
            udpURL: catalogue.address.udpURL,
            announceURL: catalogue.address.announceURL
        )
    }

    /// How many peers it knows.
    package var peerCount: Int { catalogue.swarms.stats().peers }

    /// Unix seconds, for the name of a file that is set aside.
    package static func timeStamp() -> String { "\(time(nil))" }

    /// Returns when the server has ended.
    package func run() async throws {
        do { try await work.value } catch is CancellationError { return }
    }

    /// Stops listening, ends what is being answered and saves the swarms.
    package func shutdown() async {
        catalogue.news.close()
        watch.cancel()
        work.cancel()
        _ = await work.result
        await keeper.save()
    }

    private static func router(
        _ configuration: TrackerConfiguration,
        _ upload: UploadService,
        _ suite: Suite,
        _ gate: AnnounceGate,
        _ doors: UploadDoors
    ) -> Router<TrackerContext> {
        let catalogue = upload.catalogue
        let presenter = TorrentPresenter(address: catalogue.address, swarms: catalogue.swarms)
        let announce = AnnounceRoutes(swarms: catalogue.swarms, gate: gate)
        let listed = TorrentRoutes(store: catalogue.store, swarms: catalogue.swarms, presenter: presenter)
        let labels = LabelRoutes(catalogue: catalogue, presenter: presenter)
        let swarms = SwarmRoutes(store: catalogue.store, swarms: catalogue.swarms, version: configuration.version)
        let sharing = doors.routes(upload, presenter)
        let meter = HTTPMeter()
        let service = ServiceParts(
            store: catalogue.store,
            swarms: catalogue.swarms,
            suite: suite,
            meter: meter,
            events: catalogue.news,
            version: configuration.version,
            viewer: configuration.viewer
        )
        return TrackerRouter(
            [announce.routes, listed.routes, labels.routes, swarms.routes, sharing.routes] + service.routes,
            address: catalogue.address,
            origins: configuration.origins,
            meter: meter,
            version: configuration.version
        ).build()
    }

    /// What goes on until the server is stopped.
    private static func work(
        _ listening: TrackerListening,
        _ keeper: SwarmKeeper,
        _ gate: AnnounceGate,
        _ access: AccessFolder?,
        _ logger: Logger
    ) -> Task<Void, any Error> {
        let counts = PeerCountKeeper(swarms: keeper.swarms, store: keeper.store, pause: .seconds(5), logger: logger)
        return Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await listening.run() }
                group.addTask { try await keeper.run() }
                group.addTask { try await counts.run() }
                if let access { group.addTask { try await access.watch { gate.replace($0) } } }
                _ = try await group.next()
                group.cancelAll()
            }
        }
    }
}

extension TrackerConfiguration {
    fileprivate func rules(lists: AccessLists) -> AccessRules {
        func set(_ texts: [String]) -> NetworkSet {
            var set: NetworkSet = []
            for text in texts { _ = set.insert(text) }
            return set
        }
        return AccessRules(isPrivate: mode == .private, trusted: set(trusted), proxies: set(proxies), lists: lists)
    }
}
