import Hummingbird

extension Router<TrackerContext> {
    /// Answers the paths of `routes`: `HEAD` as `GET` without the body, `OPTIONS` with the methods, any other with 405.
    func serve(_ routes: [Route]) {
        for (path, routes) in routes.byPath { answer(path, routes) }
    }

    /// A safe method with a body, which is not taken here either.
    private static var query: HTTPRequest.Method {
        guard let method = HTTPRequest.Method("QUERY") else { preconditionFailure("QUERY is a token") }
        return method
    }

    private func answer(_ path: String, _ routes: [Route]) {
        var methods = Set(routes.map(\.method)).union([.options])
        if methods.contains(.get) { methods.insert(.head) }
        let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
        let known: [HTTPRequest.Method] = [
            .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect, Self.query,
        ]
        for method in known {
            let route = routes.first { $0.method == method || method == .head && $0.method == .get }
            on(RouterPath(path), method: method) { request, context in
                if let route {
                    var response = try await route.answer(request, context)
                    if method == .options { response.headers[.allow] = allowed }
                    return response
                }
                guard method != .options else { return Response(status: .noContent, headers: [.allow: allowed]) }
                var problem = Problem(.methodNotAllowed, "This address takes \(allowed).", action: "Use one of them.")
                problem.headers[.allow] = allowed
                problem.endsConnection = true
                throw problem
            }
        }
    }
}

extension Route {
    fileprivate func answer(_ request: Request, _ context: TrackerContext) async throws -> Response {
        if operation.access == .ownPages {
            try MediaTypes.accept(request, among: operation.produces)
            try MediaTypes.take(request, among: operation.body.map(\.type))
        }
        var response = try await handler(request, context)
        if operation.access == .ownPages, request.method == .get || request.method == .head {
            response = try await Representation.of(response, for: request, isTagged: operation.isTagged)
        }
        return request.method == .head ? response.createHeadResponse() : response
    }
}
