package import BusTransport

/// The route table of one service: reads a request, calls the service, writes the reply.
package protocol ServiceRoutes: Sendable {
    /// Answers with the serialized reply, or `nil` when the method belongs to another service.
    func handle(_ request: IncomingRequest) async throws(BusFault) -> [UInt8]?
}

/// The services of one process behind one handler.
///
///     bus.serve(RouteTable([TorrentsRoutes(torrents), CatalogueRoutes(catalogue)]).handler)
package struct RouteTable: Sendable {
    private let services: [any ServiceRoutes]

    package init(_ services: [any ServiceRoutes]) {
        self.services = services
    }

    package var handler: RequestHandler {
        { [services] request throws(BusFault) in
            for service in services {
                if let reply = try await service.handle(request) { return reply }
            }
            throw BusFault(.invalid, "nobody here answers \(request.method)")
        }
    }
}
