import BitTorrentTypes
import Hummingbird
import Metainfo
import TrackerEngine
import TrackerStore

/// The catalogue over HTTP: a page, one torrent, its .torrent file.
struct TorrentRoutes: Sendable {
    let store: TrackerStore
    let swarms: Swarms
    let presenter: TorrentPresenter

    /// `GET /api/tracker/torrents?q&state&sort&order&page&per_page`.
    @Sendable func list(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let listing = try listing(QueryItems(request))
        let page = try await store.list(listing)
        return .json(
            TorrentPresenter.Page(
                items: page.items.map(presenter.item),
                total: page.total,
                page: listing.page,
                perPage: listing.perPage
            )
        )
    }

    /// `GET /api/tracker/torrents/{info_hash}`.
    @Sendable func show(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
        guard let torrent = try await store.torrent(infoHash), let bytes = try await store.metainfo(infoHash) else {
            throw Problem.unknownTorrent
        }
        return .json(presenter.detail(torrent, try Metainfo.parse(bytes)))
    }

    /// `GET /api/tracker/torrents/{info_hash}.torrent`.
    @Sendable func file(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
        guard let bytes = try await store.metainfo(infoHash) else { throw Problem.unknownTorrent }
        var response = Response.bytes(bytes, type: "application/x-bittorrent")
        response.headers[.contentDisposition] = "attachment; filename=\"\(infoHash).torrent\""
        return response
    }

    private func listing(_ query: QueryItems) throws(Problem) -> TorrentListing {
        var listing = TorrentListing()
        listing.text = String((query["q"] ?? "").prefix(200))
        if let sort = query["sort"] {
            guard let column = TorrentListing.Sort(rawValue: sort) else {
                let columns = TorrentListing.Sort.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(.badRequest, "There is no such order.", action: "Set sort to one of \(columns).")
            }
            listing.sort = column
        }
        switch query["order"] {
        case nil: listing.isAscending = listing.sort == .name
        case "asc": listing.isAscending = true
        case "desc": listing.isAscending = false
        default: throw Problem(.badRequest, "There is no such direction.", action: "Set order to asc or desc.")
        }
        listing.turn(toPage: try query.number("page") ?? 1, perPage: try query.number("per_page") ?? 50)
        switch query["state"] {
        case nil, "", "all": break
        case "active": listing.only = swarms.infoHashes { $0.seeders + $0.leechers > 0 }
        case "seeded": listing.only = swarms.infoHashes { $0.seeders > 0 }
        case "idle": listing.except = swarms.infoHashes { $0.seeders + $0.leechers > 0 }
        default:
            throw Problem(.badRequest, "There is no such state.", action: "Set state to all, active, seeded or idle.")
        }
        return listing
    }
}

extension Problem {
    static let unknownTorrent = Problem(
        .notFound,
        "This tracker does not list that torrent.",
        action: "See /api/tracker/torrents for what it lists."
    )
}

/// The info-hash in a path, in either case of hexadecimal digits.
func infoHash(_ text: String) throws(Problem) -> InfoHash {
    guard let infoHash = InfoHash(hex: text) else {
        throw Problem(.badRequest, "That is no info-hash.", action: "Give 40 hexadecimal digits.")
    }
    return infoHash
}
