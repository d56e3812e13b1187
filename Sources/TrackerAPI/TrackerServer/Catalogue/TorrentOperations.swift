import ServiceShapes
import TrackerStore

extension TorrentRoutes {
    var routes: [Route] {
        [
            .get("/api/tracker/torrents", list, Self.listOperation),
            .get("/api/tracker/torrents/{info_hash}", show, Self.showOperation),
            .get("/api/tracker/torrents/{info_hash}.torrent", file, Self.fileOperation),
        ]
    }

    private static let listOperation = Operation(
        "listTorrents",
        .catalogue,
        "List the torrents",
        answers: [.json(200, "One page.", page)]
    ).with {
        $0.isTagged = true
        $0.parameters = [
            .query("q", .string, "Words in names, file names, descriptions and labels."),
            .query("state", .choice(["", "all", "active", "seeded", "idle"]), "Whether there are peers."),
            .query("sort", .choice(TorrentListing.Sort.allCases.map(\.rawValue)), "What to sort by."),
            .query("order", .choice(["asc", "desc"]), "Names ascend by default, all else descends."),
            .query("category", .string, "Only this one."),
            .query("tag", .string, "Only those with all of these, separated by commas."),
            .query("uploader", .string, "Only of this one."),
            .query("private", .choice(["true", "false"]), "Only private torrents, or none."),
            .query("min_size", .integer, "Bytes of payload, at least."),
            .query("max_size", .integer, "Bytes of payload, at most."),
            .query("page", .integer, "From 1; a smaller one is 1."),
            .query("per_page", .integer, "At most 200; a larger one is 200."),
        ]
    }

    private static let showOperation = Operation(
        "showTorrent",
        .catalogue,
        "Show one torrent",
        answers: [
            .json(200, "The torrent with its files.", detail), .problem(404, "The tracker does not list it."),
        ]
    ).with {
        $0.isTagged = true
        $0.parameters = [.path("info_hash", .infoHash)]
    }

    private static let fileOperation = Operation(
        "downloadTorrentFile",
        .catalogue,
        "Download the .torrent file",
        answers: [
            Answer(
                status: 200,
                meaning: "The file.",
                content: [Content(type: "application/x-bittorrent", schema: .bytes)]
            ),
            .problem(404, "The tracker does not list it."),
        ]
    ).with {
        $0.isTagged = true
        $0.parameters = [.path("info_hash", .infoHash)]
    }

    private static let page = Schema.object([
        "items": .array(of: .object(torrent, optional: absent).named("Torrent")), "total": .count, "page": .count,
        "per_page": .count,
    ]).named("TorrentPage")

    private static let detail = Schema.object(
        torrent.and([
            "file_list": .array(of: .object(["path": .string, "size": .count])),
            "trackers": .array(of: .array(of: .string)).meaning("Tiers of announce URLs."),
            "comment": .string,
        ]),
        optional: absent.union(["comment"])
    ).named("TorrentDetail")

    /// One torrent with all that people say of it.
    static let described = Schema.object(torrent, optional: absent).named("Torrent")

    private static let absent: Set<String> = ["uploader", "info_hash_v2", "description"]

    private static let torrent: Properties = [
        "info_hash": .infoHash,
        "name": .string,
        "size": .count.meaning("Bytes of payload."),
        "piece_length": .count,
        "pieces": .count,
        "files": .count,
        "private": .boolean.meaning("Only its trackers may give peers (BEP 27)."),
        "created_at": .time,
        "uploader": .string,
        "updated_at": .time,
        "info_hash_v2": .string.meaning("SHA-256 of the info dictionary, of hybrid torrents."),
        "category": .string,
        "tags": .array(of: .string),
        "description": .string.meaning("Of one torrent only."),
        "seeders": .count,
        "leechers": .count,
        "completed": .count.meaning("Downloads that ended."),
        "magnet": .string,
        "torrent_url": .string,
    ]
}
