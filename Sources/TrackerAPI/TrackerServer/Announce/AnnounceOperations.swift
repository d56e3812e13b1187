import ServiceShapes

extension AnnounceRoutes {
    var routes: [Route] {
        [
            .get("/announce", announce, Self.announceOperation("announce")),
            .get("/scrape", scrape, Self.scrapeOperation("scrape")),
            .get("/api/tracker/announce", announce, Self.announceOperation("announceUnderAPI")),
            .post("/api/tracker/announce", announceJSON, Self.announceJSONOperation("announceJSON")),
            .get("/api/tracker/scrape", scrape, Self.scrapeOperation("scrapeUnderAPI")),
            .get("/{passkey}/announce", announce, Self.behindPasskey(Self.announceOperation("announceWithPasskey"))),
            .post(
                "/{passkey}/announce",
                announceJSON,
                Self.behindPasskey(Self.announceJSONOperation("announceJSONWithPasskey"))
            ), .get("/{passkey}/scrape", scrape, Self.behindPasskey(Self.scrapeOperation("scrapeWithPasskey"))),
        ]
    }

    private static func behindPasskey(_ operation: Operation) -> Operation {
        operation.with { $0.parameters.append(.path("passkey", .string.meaning("Who may use a private tracker."))) }
    }

    private static func announceOperation(_ id: String) -> Operation {
        Operation(
            id,
            .tracker,
            "Announce a peer",
            answers: [bencoded("The peers of the swarm, or a failure reason: trackers refuse with status 200.")]
        ).with {
            $0.detail = "BEP 3, 7 and 23: bencode out. What is wrong with an announce is its failure reason."
            $0.access = .anyClient
            $0.parameters = [
                .query(
                    "info_hash",
                    .string.example("c12fe1c06bba254a9dc9f519b335aa7c1367a88a"),
                    "20 bytes, percent-encoded, or 40 hexadecimal digits.",
                    isRequired: true
                ),
                .query(
                    "peer_id",
                    .string.example("-P20001-abcdefghijkl"),
                    "20 bytes, percent-encoded.",
                    isRequired: true
                ),
                .query("port", port, "Where the peer listens.", isRequired: true),
                .query("uploaded", .count, "Bytes since the peer started."),
                .query("downloaded", .count, "Bytes since the peer started."),
                .query("left", .count, "Bytes that it lacks; 0: a seeder."),
                .query("event", event, "Absent in a regular announce."),
                .query("numwant", .integer, "How many peers to send at most."),
                .query("key", .string, "Proves that a peer of another address is the same."),
                .query("compact", .choice(["0", "1"]), "1: 6 bytes a peer (18 for IPv6)."),
                .query("no_peer_id", .choice(["0", "1"]), "1: leave the peer ids out."),
            ]
        }
    }

    private static func announceJSONOperation(_ id: String) -> Operation {
        Operation(
            id,
            .tracker,
            "Announce a peer in JSON",
            answers: [.json(200, "The peers of the swarm.", reply), .problem(400, "The announce makes no sense.")]
        ).with {
            $0.detail = "The operation of GET /announce with JSON in and out."
            $0.body = [.json(message)]
        }
    }

    private static func scrapeOperation(_ id: String) -> Operation {
        Operation(
            id,
            .tracker,
            "Count the peers of torrents",
            answers: [bencoded("Seeders, leechers and completed downloads, or a failure reason.")]
        ).with {
            $0.detail = "BEP 48: bencode out. `info_hash` may be given several times."
            $0.access = .anyClient
            $0.parameters = [
                .query(
                    "info_hash",
                    .array(of: .string).example(["c12fe1c06bba254a9dc9f519b335aa7c1367a88a"]),
                    "20 bytes, percent-encoded, or 40 hexadecimal digits."
                )
            ]
        }
    }

    private static func bencoded(_ meaning: String) -> Answer {
        Answer(status: 200, meaning: meaning, content: [Content(type: "text/plain", schema: .bytes)])
    }

    private static let port = Schema.integer.with("minimum", 1).with("maximum", 65_535)
    private static let event = Schema.choice(["started", "stopped", "completed", "paused"])

    private static let message = Schema.object(
        [
            "info_hash": .infoHash,
            "peer_id": .string.meaning("20 characters, or 40 hexadecimal digits.").example("-P20001-abcdefghijkl"),
            "port": port.example(6881),
            "uploaded": .count,
            "downloaded": .count,
            "left": .count,
            "event": event,
            "numwant": .integer,
            "key": .string,
        ],
        optional: ["uploaded", "downloaded", "left", "event", "numwant", "key"],
        isOpen: true
    ).named("Announce")

    private static let reply = Schema.object(
        [
            "interval": .count.meaning("Seconds until the next regular announce."),
            "min_interval": .count.meaning("Seconds until the next announce at the earliest."),
            "complete": .count.meaning("Seeders."),
            "incomplete": .count.meaning("Leechers."),
            "peers": .array(
                of: .object(["ip": .string, "port": .integer, "peer_id": .string], optional: ["peer_id"])
            ),
        ],
        optional: ["min_interval", "complete", "incomplete"]
    ).named("AnnounceReply")
}
