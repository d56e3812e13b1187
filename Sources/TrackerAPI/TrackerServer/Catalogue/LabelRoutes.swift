import BitTorrentTypes
import Hummingbird
import Logging
import TrackerStore

/// What people say of torrents, over HTTP: changing it, and which labels there are.
struct LabelRoutes: Sendable {
    private static let bodyLimit = 64 * 1024
    private static let usedLimit = 200

    /// A change; what is not there stays as it is.
    private struct Change: Decodable {
        let category: String?
        let description: String?
        let tags: [String]?
    }

    struct Used: Encodable {
        struct Use: Encodable {
            let name: String
            let torrents: Int
        }

        let categories: [Use]
        let tags: [Use]
    }

    let catalogue: Catalogue
    let presenter: TorrentPresenter

    /// `PATCH /api/tracker/torrents/{info_hash}`.
    @Sendable func change(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
        let change = try await JSONBody.read(
            Change.self,
            of: request,
            limit: Self.bodyLimit,
            action: "Give category and description as text, tags as a list of texts; all may be left out."
        )
        guard let torrent = try await catalogue.store.torrent(infoHash) else { throw Problem.unknownTorrent }
        let labels: TorrentLabels
        do {
            labels = try TorrentLabels(
                category: change.category ?? torrent.labels.category,
                description: change.description ?? torrent.labels.description,
                tags: change.tags ?? torrent.labels.tags
            )
        } catch {
            throw Problem(error)
        }
        guard try await catalogue.store.label(infoHash, labels, at: catalogue.now()),
            let changed = try await catalogue.store.torrent(infoHash)
        else { throw Problem.unknownTorrent }
        return .json(presenter.described(changed))
    }

    /// `DELETE /api/tracker/torrents/{info_hash}`: the torrent is not listed any more.
    ///
    /// Its files stay where they are and whoever seeds it goes on: that is for `p2pctl remove`.
    @Sendable func unlist(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
        guard try await catalogue.withdraw(infoHash) else { throw Problem.unknownTorrent }
        context.logger.notice("a torrent was unlisted", metadata: ["info_hash": "\(infoHash)"])
        return Response(status: .noContent)
    }

    /// `GET /api/tracker/labels`: the most used categories and tags.
    @Sendable func used(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let used = try await catalogue.store.usedLabels(limit: Self.usedLimit)
        let uses = { (labels: [LabelUse]) in labels.map { Used.Use(name: $0.name, torrents: $0.torrents) } }
        return .json(Used(categories: uses(used.categories), tags: uses(used.tags)))
    }
}

extension Problem {
    init(_ error: TorrentLabelsError) {
        self.init(.unprocessableContent, "It cannot be said so: \(error).", action: "Make it shorter and plain.")
    }
}
