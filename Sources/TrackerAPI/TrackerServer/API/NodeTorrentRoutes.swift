import BitTorrentTypes
import BusServices
import BusTransport
import Hummingbird
import Metainfo
import NIOCore
import ServiceShapes
import TrackerStore

/// `/api/v1/torrents`: the torrents of the peer-nodes.
///
/// One torrent may be on several; a command goes to each that has it.
struct NodeTorrentRoutes: Sendable {
    /// As large as the bus takes them.
    private static let metainfoLimit = BusLimits.messageBytes - 64 * 1024

    let suite: Suite
    let store: TrackerStore

    /// `GET /api/v1/torrents`.
    @Sendable func list(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let answers = try await suite.ask(try node(request)) { client throws(BusFault) in try await client.list() }
        var items: [JSONValue] = []
        var absent: [JSONValue] = []
        for (node, answer) in answers {
            switch answer {
            case .success(let torrents): items += torrents.map(\.json)
            case .failure(let fault): absent.append(["node": .text(node.description), "reason": .text(fault.message)])
            }
        }
        return .json(JSONValue.items(items).adding(["absent": .array(absent)]))
    }

    /// `GET /api/v1/torrents/{info_hash}`.
    @Sendable func show(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
        return .json(
            .items(
                try await holders(request) { client throws(BusFault) in try await client.show(infoHash).json }
            )
        )
    }

    /// `GET /api/v1/torrents/{info_hash}/peers`.
    @Sendable func peers(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
        let listings = try await holders(request) { client throws(BusFault) in try await client.peers(infoHash) }
        return .json(.items(listings.flatMap(\.peers).map(\.json)))
    }

    /// `POST /api/v1/torrents/{info_hash}/pause` and its like.
    func command(
        _ change: @escaping @Sendable (TorrentsClient, InfoHash) async throws(BusFault) -> TorrentSummary
    ) -> Route.Handler {
        { request, context in
            let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
            let torrents = try await holders(request) { client throws(BusFault) in try await change(client, infoHash) }
            return .json(.items(torrents.map(\.json)))
        }
    }

    /// `PATCH /api/v1/torrents/{info_hash}`.
    @Sendable func configure(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let change = try TorrentChange(ChangeFields(try await request.json()))
        return try await command { client, infoHash throws(BusFault) in
            try await client.configure(infoHash, change)
        }(request, context)
    }

    /// `DELETE /api/v1/torrents/{info_hash}`.
    @Sendable func remove(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
        let deletesData = try QueryItems(request).flag("delete_data")
        _ = try await holders(request) { client throws(BusFault) in
            try await client.remove(infoHash, deleteData: deletesData)
        }
        return Response(status: .noContent)
    }

    /// `POST /api/v1/torrents`: a .torrent file, or a torrent of the catalogue by its info-hash.
    @Sendable func add(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let isPaused = try QueryItems(request).flag("paused")
        let metainfo = try await metainfo(request)
        var addition = TorrentAddition(metainfo: metainfo.bytes, directory: suite.downloads)
        addition.isPaused = isPaused
        let (torrent, alreadyPresent) = try await suite.torrents(onReady: try node(request)).add(addition)
        return .json(
            torrent.json.adding(["already_present": .boolean(alreadyPresent)]),
            status: alreadyPresent ? .ok : .created
        )
    }

    private func metainfo(_ request: Request) async throws -> Metainfo {
        var bytes: [UInt8]
        if request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true {
            var fields = ChangeFields(try await request.json())
            guard let infoHash = try fields.infoHash("info_hash") else {
                throw Problem(.badRequest, "There is no info_hash.", action: "Give that of a torrent of the catalogue.")
            }
            try fields.finish()
            guard let listed = try await store.metainfo(infoHash) else { throw Problem.unknownTorrent }
            bytes = listed
        } else {
            bytes = try await torrentFile(request)
        }
        do {
            let metainfo = try Metainfo.parse(bytes)
            try metainfo.requireShareable()
            return metainfo
        } catch {
            throw Problem(.unprocessableContent, "That is no torrent: \(error).", action: "Send a .torrent file.")
        }
    }

    private func torrentFile(_ request: Request) async throws -> [UInt8] {
        do {
            return Array(buffer: try await request.body.collect(upTo: Self.metainfoLimit))
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge,
                "The .torrent file is longer than \(Self.metainfoLimit) bytes.",
                action: "Add it with p2pctl add.",
                endsConnection: true
            )
        }
    }

    /// The answers of the nodes that have the torrent; when none has it, 404.
    private func holders<Answer: Sendable>(
        _ request: Request,
        _ question: @escaping @Sendable (TorrentsClient) async throws(BusFault) -> Answer
    ) async throws -> [Answer] {
        let answers = try await suite.ask(try node(request), question).map(\.answer)
        var found: [Answer] = []
        var fault: BusFault?
        for answer in answers {
            switch answer {
            case .success(let answer): found.append(answer)
            // That one node does not have it says nothing when another could not be asked.
            case .failure(let reason) where fault == nil || reason.code != .notFound: fault = reason
            case .failure: break
            }
        }
        if let fault, found.isEmpty || fault.code != .notFound { throw fault }
        return found
    }

    private func node(_ request: Request) throws(Problem) -> ProcessName? {
        guard let text = try QueryItems(request)["node"] else { return nil }
        guard let node = ProcessName(text), node.role == .peerNode else {
            throw Problem(.badRequest, "That is no node.", action: "Give the name of one, such as peer-node/1.")
        }
        return node
    }
}

extension TorrentDetail {
    /// The torrent with its files and trackers.
    fileprivate var json: JSONValue {
        summary.json.adding([
            "files": .array(files.enumerated().map { $1.json(index: $0 + 1) }),
            "trackers": .array(trackers.map(\.json)),
        ])
    }
}

extension QueryItems {
    /// The parameter `name` as `true` or `false`; false when it is absent.
    func flag(_ name: String) throws(Problem) -> Bool {
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        default: throw Problem(.badRequest, "The parameter \(name) makes no sense.", action: "Give true or false.")
        }
    }
}
