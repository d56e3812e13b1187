import Hummingbird

/// The table of addresses: the routes of every part, and the document that describes them.
///
/// A part says what it serves in `routes`, each route with its ``Operation``; a new part is one more line here.
struct TrackerRouter {
    let routes: [Route]
    let address: ServiceAddress
    /// Of other sites, whose pages may call the interface.
    let origins: Set<String>
    let meter: HTTPMeter

    init(
        _ parts: [[Route]],
        address: ServiceAddress,
        origins: Set<String>,
        meter: HTTPMeter,
        version: String
    ) {
        var routes = parts.flatMap { $0 }
        let description = DocumentRoutes(describing: routes, version: version)
        routes += description.routes
        self.routes = routes
        self.address = address
        self.origins = origins
        self.meter = meter
    }

    func build() -> Router<TrackerContext> {
        let router = Router(context: TrackerContext.self)
        router.add(middleware: Metering(meter: meter))
        if !origins.isEmpty { router.add(middleware: CrossOrigin(origins: origins)) }
        router.add(middleware: ProblemMiddleware())
        router.add(middleware: RequestGuard())
        router.add(middleware: HostGuard(address: address, origins: origins, open: open))
        router.serve(routes)
        return router
    }

    private var open: Set<String> { Set(routes.filter { $0.operation.access == .anyClient }.map(\.path)) }
}
