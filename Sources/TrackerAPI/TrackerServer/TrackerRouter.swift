import BusServices
import Hummingbird
import NIOPosix
import TrackerStore

/// The table of addresses.
struct TrackerRouter {
    let announce: AnnounceRoutes
    let torrents: TorrentRoutes
    let swarms: SwarmRoutes
    let upload: UploadRoute
    let health: HealthRoute
    let address: ServiceAddress

    func build() -> Router<TrackerContext> {
        let router = Router(context: TrackerContext.self)
        router.add(middleware: ProblemMiddleware())
        router.add(middleware: TargetLimit())
        router.add(middleware: HostGuard(address: address, open: Self.open))
        router.answer("/", [.get: FrontPage.show])
        router.answer("/announce", [.get: announce.announce])
        router.answer("/scrape", [.get: announce.scrape])
        router.answer("/api/tracker/announce", [.get: announce.announce, .post: announce.announceJSON])
        router.answer("/api/tracker/scrape", [.get: announce.scrape])
        router.answer("/api/tracker/torrents", [.get: torrents.list])
        router.answer("/api/tracker/torrents/{info_hash}", [.get: torrents.show])
        router.answer("/api/tracker/peers/{info_hash}", [.get: swarms.peers])
        router.answer("/api/tracker/stats", [.get: swarms.stats])
        router.answer("/api/tracker/upload", [.post: upload.upload])
        router.answer("/health", [.get: health.show])
        return router
    }

    private static let open: Set<String> = ["/announce", "/scrape", "/api/tracker/announce", "/api/tracker/scrape"]
}
