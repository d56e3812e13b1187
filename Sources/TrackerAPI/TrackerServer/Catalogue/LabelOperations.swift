import ServiceShapes

extension LabelRoutes {
    var routes: [Route] {
        [
            .patch("/api/tracker/torrents/{info_hash}", change, Self.changeOperation),
            .delete("/api/tracker/torrents/{info_hash}", unlist, Self.unlistOperation),
            .get("/api/tracker/labels", used, Self.usedOperation),
        ]
    }

    /// What people say of a torrent, as it is sent.
    static let properties: Properties = [
        "category": .string, "description": .string, "tags": .array(of: .string),
    ]

    private static let changeOperation = Operation(
        "changeTorrent",
        .catalogue,
        "Change what is said of a torrent",
        answers: [
            .json(200, "The torrent as it is now.", TorrentRoutes.described),
            .problem(400, "The body is not what is expected."), .problem(404, "The tracker does not list it."),
            .problem(413, "The body is too long."), .problem(422, "A label that none may have."),
        ]
    ).with {
        $0.detail = "What the body leaves out stays as it is."
        $0.parameters = [.path("info_hash", .infoHash)]
        $0.body = [.json(.object(properties, optional: ["category", "description", "tags"]))]
    }

    private static let unlistOperation = Operation(
        "unlistTorrent",
        .catalogue,
        "Take a torrent off the list",
        answers: [.empty(204, "It is not listed any more."), .problem(404, "The tracker does not list it.")]
    ).with {
        $0.detail = "Its files stay, and whoever seeds it goes on."
        $0.parameters = [.path("info_hash", .infoHash)]
    }

    private static let usedOperation = Operation(
        "listLabels",
        .catalogue,
        "The most used categories and tags",
        answers: [.json(200, "The most used first.", .object(["categories": uses, "tags": uses]).named("Labels"))]
    )

    private static let uses = Schema.array(of: .object(["name": .string, "torrents": .count]))
}
