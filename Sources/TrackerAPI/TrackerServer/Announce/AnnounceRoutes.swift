import AnnounceDoors
import BitTorrentTypes
import Hummingbird
import TrackerWire

/// The tracker over HTTP: announce in bencode or JSON, and scrape.
///
/// - Source: BEP 3, 7, 23, 48.
struct AnnounceRoutes: Sendable {
    private static let bodyLimit = 64 * 1024

    let swarms: Swarms
    let gate: AnnounceGate

    /// `GET /announce`: whatever is wrong is a `failure reason` with status 200, as clients expect.
    @Sendable func announce(_ request: Request, _ context: TrackerContext) -> Response {
        do {
            let announce = try AnnounceRequest.parse(query: Self.query(of: request))
            let ip = try admit(request, context)
            let response = try swarms.announce(announce, from: ip, through: gate)
            return .bytes(response.encoded(compact: announce.compact, noPeerID: announce.noPeerID), type: "text/plain")
        } catch {
            return Self.failure(error)
        }
    }

    /// `GET /scrape`.
    @Sendable func scrape(_ request: Request, _ context: TrackerContext) -> Response {
        do {
            _ = try admit(request, context)
            var scrape = try ScrapeRequest.parse(query: Self.query(of: request))
            let rules = gate.rules
            scrape.infoHashes.removeAll { (try? rules.check($0)) == nil }
            return .bytes(swarms.scrape(scrape).encoded(), type: "text/plain")
        } catch {
            return Self.failure(error)
        }
    }

    /// `POST /api/tracker/announce`, `POST /{passkey}/announce`: the same operation with JSON in and out.
    @Sendable func announceJSON(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let message = try await JSONBody.read(
            AnnounceMessage.self,
            of: request,
            limit: Self.bodyLimit,
            action: "Give info_hash, peer_id and port; uploaded, downloaded, left, event, numwant and key if any."
        )
        do {
            let announce = try message.request()
            let ip = try admit(request, context)
            return .json(AnnounceMessage.Reply(try swarms.announce(announce, from: ip, through: gate)))
        } catch {
            throw Problem(.badRequest, "\(error)", action: "Correct the announce.")
        }
    }

    /// What follows the question mark, as it came: a binary info-hash is no text.
    private static func query(of request: Request) -> Substring.UTF8View {
        let path = (request.head.path ?? "")[...].utf8
        guard let mark = path.firstIndex(of: UInt8(ascii: "?")) else { return path.prefix(0) }
        return path[path.index(after: mark)...]
    }

    /// Where the request comes from, if it may be served.
    private func admit(_ request: Request, _ context: TrackerContext) throws(AnnounceRefusal) -> IPAddress {
        guard let remote = context.remote else { throw .unknownAddress }
        let rules = gate.rules
        let ip = rules.client(remote, forwardedFor: Self.forwardedFor(request))
        try rules.check(ip)
        try rules.check(passkey: Passkey.of(path: Array((request.head.path ?? "").utf8)))
        try gate.take(ip)
        return ip
    }

    private static func forwardedFor(_ request: Request) -> String? {
        request.headers.first { $0.name.canonicalName == "x-forwarded-for" }?.value
    }

    private static func failure(_ refusal: AnnounceRefusal) -> Response {
        .bytes(refusal.encoded(), type: "text/plain")
    }
}
