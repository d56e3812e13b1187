import Hummingbird

/// One route of the server: what answers, and what the document says about it; neither is there without the other.
///
///     .get("/health", health.show, Operation("health", .service, "…", answers: [.json(200, "…", .health)]))
///
/// `path` is written as OpenAPI and Hummingbird both write it: `/api/tracker/torrents/{info_hash}`.
struct Route: Sendable {
    typealias Handler = @Sendable (Request, TrackerContext) async throws -> Response

    let method: HTTPRequest.Method
    let path: String
    let handler: Handler
    let operation: Operation

    static func get(_ path: String, _ handler: @escaping Handler, _ operation: Operation) -> Route {
        Route(method: .get, path: path, handler: handler, operation: operation)
    }

    static func head(_ path: String, _ handler: @escaping Handler, _ operation: Operation) -> Route {
        Route(method: .head, path: path, handler: handler, operation: operation)
    }

    static func options(_ path: String, _ handler: @escaping Handler, _ operation: Operation) -> Route {
        Route(method: .options, path: path, handler: handler, operation: operation)
    }

    static func post(_ path: String, _ handler: @escaping Handler, _ operation: Operation) -> Route {
        Route(method: .post, path: path, handler: handler, operation: operation)
    }

    static func patch(_ path: String, _ handler: @escaping Handler, _ operation: Operation) -> Route {
        Route(method: .patch, path: path, handler: handler, operation: operation)
    }

    static func delete(_ path: String, _ handler: @escaping Handler, _ operation: Operation) -> Route {
        Route(method: .delete, path: path, handler: handler, operation: operation)
    }
}

extension Array where Element == Route {
    /// The routes of each path, in the order of the table.
    var byPath: [(path: String, routes: [Route])] {
        var places: [String: Int] = [:]
        var groups: [(path: String, routes: [Route])] = []
        for route in self {
            if let place = places[route.path] {
                groups[place].routes.append(route)
            } else {
                places[route.path] = groups.count
                groups.append((route.path, [route]))
            }
        }
        return groups
    }
}
