import ServiceShapes

extension SwarmRoutes {
    var routes: [Route] {
        [
            .get("/api/tracker/peers/{info_hash}", peers, Self.peersOperation),
            .get("/api/tracker/stats", stats, Self.statsOperation),
        ]
    }

    private static let peersOperation = Operation(
        "listPeers",
        .tracker,
        "List the peers of a torrent",
        answers: [.json(200, "Those that announced lately.", peerList), .problem(404, "The tracker does not list it.")]
    ).with { $0.parameters = [.path("info_hash", .infoHash)] }

    private static let statsOperation = Operation(
        "stats",
        .tracker,
        "The numbers of the tracker",
        answers: [.json(200, "Since the start of the process, but for torrents and completed downloads.", numbers)]
    )

    private static let peerList = Schema.object([
        "items": .array(of: .object(peer).named("Peer")), "total": .count,
    ]).named("PeerList")

    private static let peer: Properties = [
        "address": .string.example("127.0.0.1:6881"),
        "ip": .string,
        "port": .integer,
        "client": .string.meaning("As the peer id says."),
        "uploaded": .count,
        "downloaded": .count,
        "left": .count.meaning("Bytes that it lacks."),
        "is_seeder": .boolean,
        "last_seen": .time,
    ]

    private static let numbers = Schema.object([
        "torrents": .count.meaning("In the catalogue."),
        "swarms": .count.meaning("In memory."),
        "peers": .count,
        "seeders": .count,
        "leechers": .count,
        "completed": .count,
        "bytes": .count.meaning("Payload of the catalogue."),
        "uploaded": .count.meaning("As peers reported."),
        "downloaded": .count.meaning("As peers reported."),
        "announces": .count,
        "scrapes": .count,
        "announce_rate": .number.meaning("Announces a second, lately."),
        "uptime_s": .count,
        "version": .string,
    ]).named("Stats")
}
