import Hummingbird

/// Lets pages of the sites that `tracker.http.cors` names read the answers; all others stay out.
///
/// - Source: Fetch Standard, 3.3 (CORS protocol). No cookie is ever allowed: nobody is asked who he is.
struct CrossOrigin: RouterMiddleware {
    typealias Context = TrackerContext

    let origins: Set<String>

    func handle(
        _ request: Request,
        context: TrackerContext,
        next: (Request, TrackerContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.vary] = [response.headers[.vary], "Origin"].compactMap { $0 }.joined(separator: ", ")
        guard let origin = request.headers[.origin], origins.contains(origin) else { return response }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = "ETag, Location"
        // A preflight is answered like any OPTIONS, with what may be sent.
        if request.method == .options, let allowed = response.headers[.allow] {
            response.headers[.accessControlAllowMethods] = allowed
            response.headers[.accessControlAllowHeaders] = "Content-Type, If-None-Match, Last-Event-ID"
            response.headers[.accessControlMaxAge] = "600"
        }
        return response
    }
}
