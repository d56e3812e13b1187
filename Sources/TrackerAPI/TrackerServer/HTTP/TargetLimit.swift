import Hummingbird

/// Refuses a request whose target nobody needs that long.
struct TargetLimit: RouterMiddleware {
    typealias Context = TrackerContext

    func handle(
        _ request: Request,
        context: TrackerContext,
        next: (Request, TrackerContext) async throws -> Response
    ) async throws -> Response {
        guard (request.head.path ?? "").utf8.count <= HTTPLimits.target else {
            var problem = Problem(
                .uriTooLong,
                "The address is longer than \(HTTPLimits.target) bytes.",
                action: "Ask for less at once."
            )
            problem.endsConnection = true
            throw problem
        }
        return try await next(request, context)
    }
}
