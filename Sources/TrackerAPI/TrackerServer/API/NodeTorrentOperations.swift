import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

extension NodeTorrentRoutes {
    var routes: [Route] {
        let path = "/api/v1/torrents/{info_hash}"
        return [
            .get("/api/v1/torrents", list, Self.listOperation),
            .post("/api/v1/torrents", add, Self.addOperation),
            .get(path, show, Self.operation("showNodeTorrent", "Show a torrent with its files and trackers", .detail)),
            .patch(path, configure, Self.configureOperation),
            .delete(path, remove, Self.removeOperation),
            .get(path + "/peers", peers, Self.operation("listNodePeers", "List the connections of a torrent", .peer)),
            Self.post(path, "pause", command { client, id throws(BusFault) in try await client.pause(id) }),
            Self.post(path, "resume", command { client, id throws(BusFault) in try await client.resume(id) }),
            Self.post(path, "recheck", command { client, id throws(BusFault) in try await client.recheck(id) }),
            Self.post(path, "announce", command { client, id throws(BusFault) in try await client.announce(id) }),
        ]
    }

    private static func post(_ path: String, _ action: String, _ handler: @escaping Route.Handler) -> Route {
        let summary = "\(action.prefix(1).uppercased())\(action.dropFirst()) a torrent"
        return .post("\(path)/\(action)", handler, operation("\(action)Torrent", summary, .nodeTorrent))
    }

    /// What asks or changes one torrent.
    private static func operation(_ id: String, _ summary: String, _ item: Schema) -> Operation {
        Operation(
            id,
            .control,
            summary,
            answers: [.json(200, "On each node that has it.", .items(item)), missing, failed] + Answer.hub
        ).with { $0.parameters = [.path("info_hash", .infoHash), node] }
    }

    private static let listOperation = Operation(
        "listNodeTorrents",
        .control,
        "List the torrents of the nodes",
        answers: [
            .json(200, "All; `absent` names the nodes that did not answer.", list), .problem(404, "No such node."),
        ]
            + Answer.hub
    ).with { $0.parameters = [node] }

    private static let addOperation = Operation(
        "addTorrent",
        .control,
        "Add a torrent to a node",
        answers: [
            .json(201, "Added, into the download folder.", added), .json(200, "It was there already.", added),
            .problem(404, "The catalogue or the suite does not have it."), failed,
            .problem(422, "The file is no torrent that can be shared."),
        ] + Answer.hub
    ).with {
        $0.parameters = [
            node, .query("paused", .choice(["true", "false"]), "Whether it waits until it is resumed."),
        ]
        $0.body = [
            Content(type: "application/x-bittorrent", schema: .bytes), .json(.object(["info_hash": .infoHash])),
        ]
    }

    private static let configureOperation = operation(
        "configureTorrent",
        "Change the options of a torrent",
        .nodeTorrent
    )
    .with {
        $0.detail = "What is absent stays."
        $0.body = [.json(change)]
    }

    private static let removeOperation = Operation(
        "removeTorrent",
        .control,
        "Remove a torrent from the nodes that have it",
        answers: [.empty(204, "Removed."), missing, failed] + Answer.hub
    ).with {
        $0.parameters = [
            .path("info_hash", .infoHash), node,
            .query("delete_data", .choice(["true", "false"]), "Whether its files go too."),
        ]
    }

    private static let node = Parameter.query(
        "node",
        .string.with("pattern", "^peer-node/[1-9][0-9]{0,3}$").example("peer-node/1"),
        "Only this one; else all, and for a new torrent the least loaded."
    )
    private static let missing = Answer.problem(404, "No node has it.")
    private static let failed = Answer.problem(409, "The node could not do it; it says why.")

    private static let list = Schema.object([
        "items": .array(of: .nodeTorrent), "total": .count,
        "absent": .array(of: .object(["node": .string, "reason": .string])),
    ]).named("NodeTorrentList")

    private static let added = Schema.object(
        Properties.nodeTorrent.and(["already_present": .boolean]),
        optional: Schema.optionalOfTorrent
    ).named("AddedTorrent")

    private static let change = Schema.object(
        [
            "sequential": .boolean,
            "down_limit": .rateLimit,
            "up_limit": .rateLimit,
            "seed_ratio": .seedLimit,
            "seed_time_s": .seedLimit,
            "connections": .countLimit,
            "upload_slots": .countLimit,
            "super_seeding": .boolean,
            "queue_move": .choice(TorrentChange.QueueMove.allCases.map(\.rawValue)),
        ],
        optional: [
            "sequential", "down_limit", "up_limit", "seed_ratio", "seed_time_s", "connections", "upload_slots",
            "super_seeding", "queue_move",
        ]
    ).named("TorrentChange")
}
