import AnnounceDoors
import TrackerStore

/// What is around the tracker: the front page, health, numbers, documentation, and control of the suite.
struct ServiceParts {
    let store: TrackerStore
    let swarms: Swarms
    let suite: Suite
    let meter: HTTPMeter
    let events: EventHub
    let version: String
    /// The folder of Swagger UI.
    let viewer: String?

    var routes: [[Route]] {
        let probe = SuiteProbe(suite)
        let metrics = MetricsRoute(
            store: store,
            swarms: swarms,
            meter: meter,
            events: events,
            probe: probe,
            version: version
        )
        return [
            FrontPage.routes, HealthRoute(store: store, probe: probe).routes, metrics.routes,
            Viewer(folder: viewer).routes, ControlRoutes(suite: suite).routes,
            NodeTorrentRoutes(suite: suite, store: store).routes, EventRoute(hub: events).routes,
        ]
    }
}
