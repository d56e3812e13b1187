import Hummingbird

/// Refuses a request that nobody means: a target of absurd length, a chunked body where something is to be read.
///
/// A server in front that does not see where such a body ends would take the rest for a request of its own (request
/// smuggling; RFC 9112, 11.2).
struct RequestGuard: RouterMiddleware {
    typealias Context = TrackerContext

    func handle(
        _ request: Request,
        context: TrackerContext,
        next: (Request, TrackerContext) async throws -> Response
    ) async throws -> Response {
        guard (request.head.path ?? "").utf8.count <= HTTPLimits.target else {
            throw Problem(
                .uriTooLong,
                "The address is longer than \(HTTPLimits.target) bytes.",
                action: "Ask for less at once.",
                endsConnection: true
            )
        }
        let isReading = request.method == .get || request.method == .head
        guard !isReading || request.headers[.transferEncoding] == nil else {
            throw Problem(
                .badRequest,
                "A request to read something has no body.",
                action: "Leave out Transfer-Encoding and the body.",
                endsConnection: true
            )
        }
        return try await next(request, context)
    }
}
