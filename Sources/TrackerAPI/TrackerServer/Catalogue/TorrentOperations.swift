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
        $0.parameters = [
            .query("q", .string, "Words in the name."),
            .query("state", .choice(["", "all", "active", "seeded", "idle"]), "Whether there are peers."),
            .query("sort", .choice(TorrentListing.Sort.allCases.map(\.rawValue)), "What to sort by."),
            .query("order", .choice(["asc", "desc"]), "Names ascend by default, all else descends."),
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
    ).with { $0.parameters = [.path("info_hash", .infoHash)] }

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
    ).with { $0.parameters = [.path("info_hash", .infoHash)] }

    private static let page = Schema.object([
        "items": .array(of: .object(torrent, optional: ["uploader"]).named("Torrent")), "total": .count, "page": .count,
        "per_page": .count,
    ]).named("TorrentPage")

    private static let detail = Schema.object(
        torrent.and([
            "file_list": .array(of: .object(["path": .string, "size": .count])),
            "trackers": .array(of: .array(of: .string)).meaning("Tiers of announce URLs."),
            "comment": .string,
        ]),
        optional: ["uploader", "comment"]
    ).named("TorrentDetail")

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
        "seeders": .count,
        "leechers": .count,
        "completed": .count.meaning("Downloads that ended."),
        "magnet": .string,
        "torrent_url": .string,
    ]
}
