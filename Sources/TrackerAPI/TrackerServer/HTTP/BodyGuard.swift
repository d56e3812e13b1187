import Hummingbird

/// Refuses to read something for a request that brings a chunked body: it means nothing there, and a server in front that
/// does not see where it ends would take the rest for a request of its own (request smuggling; RFC 9112, 11.2).
struct BodyGuard: RouterMiddleware {
    typealias Context = TrackerContext

    func handle(
        _ request: Request,
        context: TrackerContext,
        next: (Request, TrackerContext) async throws -> Response
    ) async throws -> Response {
        guard request.method != .get && request.method != .head || request.headers[.transferEncoding] == nil else {
            var problem = Problem(
                .badRequest,
                "A request to read something has no body.",
                action: "Leave out Transfer-Encoding and the body."
            )
            problem.endsConnection = true
            throw problem
        }
        return try await next(request, context)
    }
}
