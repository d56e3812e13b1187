import AnnounceDoors
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

    /// `GET /api/tracker/torrents`: see ``TrackerStore/TorrentListing`` for what may be asked.
    @Sendable func list(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let listing = try TorrentListing(QueryItems(request), swarms: swarms)
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
