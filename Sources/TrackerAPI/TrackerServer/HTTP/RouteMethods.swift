import Hummingbird

extension Router<TrackerContext> {
    typealias Handler = @Sendable (Request, TrackerContext) async throws -> Response

    /// Answers `path` with one handler a method, and every other method with 405.
    func answer(_ path: RouterPath, _ handlers: [HTTPRequest.Method: Handler]) {
        let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]
        var allowed = Array(handlers.keys)
        if handlers[.get] != nil { allowed.append(.head) }
        let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        for method in known {
            if let handler = handlers[method] ?? (method == .head ? handlers[.get] : nil) {
                on(path, method: method) { request, context in
                    let response = try await handler(request, context)
                    return method == .head ? response.createHeadResponse() : response
                }
            } else {
                on(path, method: method) { _, _ -> Response in
                    var problem = Problem(.methodNotAllowed, "This address takes \(list).", action: "Use one of them.")
                    problem.headers[.allow] = list
                    problem.endsConnection = true
                    throw problem
                }
            }
        }
    }
}
