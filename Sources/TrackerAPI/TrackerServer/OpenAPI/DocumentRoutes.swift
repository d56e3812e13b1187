import Hummingbird
import ServiceShapes

/// `GET /openapi.json`: what is served here, itself included.
struct DocumentRoutes: Sendable {
    let routes: [Route]

    init(describing others: [Route], version: String) {
        // The document describes the route that serves it, so it is written with one that is not served yet.
        let own = Self.route { _, _ in Response(status: .notFound) }
        let text = Array(OpenAPIDocument(others + [own], version: version).json.encoded.utf8)
        routes = [Self.route { _, _ in .bytes(text, type: "application/json") }]
    }

    private static func route(_ handler: @escaping Route.Handler) -> Route {
        .get(
            "/openapi.json",
            handler,
            Operation(
                "openapi",
                .service,
                "This document",
                answers: [.json(200, "OpenAPI 3.1.", .object(["openapi": .string], isOpen: true))]
            ).with { $0.isTagged = true }
        )
    }
}
