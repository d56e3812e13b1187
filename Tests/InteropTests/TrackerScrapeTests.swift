import RunningSuite
import Testing

/// Our tracker as clients ask it for the numbers of a torrent: over UDP and HTTP, IPv4 and IPv6.
///
/// Somebody else has made the swarm before, so that each number is another: three leechers, two seeders of whom both have
/// downloaded it here, and the client itself. aria2 never scrapes.
@Suite(.serialized, .timeLimit(.minutes(4))) struct `Clients scrape our tracker` {
    @Test(arguments: TrackerWay.all)
    func `our own node`(way: TrackerWay) async throws {
        try await way.toTracker { suite, torrent in
            try await torrent.fill()
            try await suite.succeed("add", torrent.placement.torrent, "--to", torrent.placement.folder)
            try await torrent.untilSeeded(by: "p2p")
            // An announce does not tell of downloads: this number is from a scrape.
            try await suite.until("the node has scraped") {
                let tracker = try await suite.succeed("trackers", "file.bin", "--json").jsonLines.first ?? .null
                return tracker["downloaded"].int == 2 && tracker["leechers"].int == 3 && tracker["seeders"].int == 3
            }
            #expect(try await torrent.scrapes() > 0)
        }
    }

    @Test(
        .enabled(if: Libtorrent.missing == nil, "libtorrent is not installed: tools/setup --tests"),
        arguments: TrackerWay.all
    )
    func libtorrent(way: TrackerWay) async throws {
        try await way.toTracker { _, torrent in
            try await torrent.fill()
            var settings = Libtorrent.settings(at: way.host)
            // Of a tracker on the loopback it asks for nothing but /announce, unless it is told to.
            settings["ssrf_mitigation"] = "false"
            try await Libtorrent.with(settings) { client in
                try await client.add(torrent.placement)
                try await torrent.untilSeeded(by: "libtorrent")
                let numbers = try await client.scrape("file.bin")
                #expect(numbers.seeders == 3)
                #expect(numbers.leechers == 3)
            }
            #expect(try await torrent.scrapes() > 0)
        }
    }
}

/// Transmission scrapes by itself; it has a network of its own, and that has IPv4 only.
@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled("no network namespaces here: they need root or user namespaces, and iproute2") {
        await PrivateNetwork.isAvailable()
    },
    .enabled(if: Transmission.missing == nil, "transmission-daemon is not installed: tools/setup --tests")
)
struct `Transmission scrapes our tracker` {
    @Test(arguments: ["http", "udp"])
    func `over IPv4`(scheme: String) async throws {
        try await PrivateNetwork.with { network in
            let settings = ["tracker.udp.port=0", "peer.listen.host=\(PrivateNetwork.ours)"]
            try await RunningSuite.with(settings: settings, network: network) { suite in
                let tracked = try await TrackerWay.TrackedTorrent(in: suite, scheme: scheme, host: Transmission.address)
                try await tracked.fill(beside: suite)
                try await Transmission.with([tracked.placement], in: network, scratch: suite.scratch) { client in
                    try await eventually("Transmission has scraped", within: .seconds(120)) {
                        let tracker = try await client.tracker(of: tracked.infoHash)
                        return tracker["lastScrapeSucceeded"] == .bool(true) && tracker["downloadCount"].int == 2
                            && tracker["leecherCount"].int == 3 && tracker["seederCount"].int == 3
                    }
                }
            }
        }
    }
}

extension TrackerWay.TrackedTorrent {
    /// Three leechers, and two seeders that were leechers before; `suite` is one in a network of its own.
    fileprivate func fill(beside suite: RunningSuite? = nil) async throws {
        let hash = stride(from: 0, to: 40, by: 2).map { "%" + infoHash.dropFirst($0).prefix(2) }.joined()
        for (peer, event, left) in [
            (1, "started", 9), (2, "started", 9), (3, "started", 9), (4, "started", 9), (5, "started", 9),
            (4, "completed", 0), (5, "completed", 0),
        ] {
            let query = "info_hash=\(hash)&peer_id=-XX0001-00000000000\(peer)&port=\(peer)&left=\(left)&event=\(event)"
            let command = ["curl", "-gsSf", "-o", "/dev/null", "\(url)/announce?\(query)"]
            let answer: CommandResult
            if let suite {
                answer = try await suite.runBeside(command)
            } else {
                answer = try await run(command[0], Array(command.dropFirst()))
            }
            #expect(answer.code == 0, "\(answer)")
        }
    }

    /// How many scrapes the tracker has answered.
    fileprivate func scrapes() async throws -> Int {
        try await run("curl", ["-gs", "\(url)/api/tracker/stats"]).json["scrapes"].int ?? 0
    }
}
