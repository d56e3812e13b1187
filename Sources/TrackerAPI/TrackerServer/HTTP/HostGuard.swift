import Hummingbird
import TrackerWire

/// Holds web pages of others away from the API.
///
/// - A page whose name was pointed at this machine (DNS rebinding) sends its own name as `Host`.
/// - A page elsewhere that posts a form here sends its own `Origin`.
///
/// Announce and scrape are for programs that know the tracker under any name, and are open to all.
struct HostGuard: RouterMiddleware {
    typealias Context = TrackerContext

    let address: ServiceAddress
    /// Of other sites, whose pages may call the interface.
    let origins: Set<String>
    /// Paths that need no `Host` of ours.
    let open: Set<String>

    func handle(
        _ request: Request,
        context: TrackerContext,
        next: (Request, TrackerContext) async throws -> Response
    ) async throws -> Response {
        // Behind a passkey too.
        let isOpen = open.contains(request.uri.path) || Passkey.of(path: Array(request.uri.path.utf8)) != nil
        guard !isOpen || request.method == .post else {
            return try await next(request, context)
        }
        guard let host = request.head.authority, !request.headers.contains(where: { $0.name.canonicalName == "host" })
        else {
            throw Problem(.badRequest, "A request must have one Host.", action: "Send the header Host once.")
        }
        guard address.isOurs(host: host) else {
            throw Problem(.misdirectedRequest, "This is not that host.", action: "Use \(address.url)")
        }
        if let origin = request.headers[.origin], !origins.contains(origin) {
            let ours = origin.hasPrefix("http://") && address.isOurs(host: String(origin.dropFirst("http://".count)))
            guard ours else { throw Self.foreign }
        }
        let site = request.headers.first { $0.name.canonicalName == "sec-fetch-site" }
        let isInvited = request.headers[.origin].map(origins.contains) ?? false
        guard site?.value != "cross-site" || request.method == .get || isInvited else { throw Self.foreign }
        return try await next(request, context)
    }

    private static var foreign: Problem {
        Problem(
            .forbidden,
            "A page of another site may not do this.",
            action: "Use the tracker's own page.",
            endsConnection: true
        )
    }
}
