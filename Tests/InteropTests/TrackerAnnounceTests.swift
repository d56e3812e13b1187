import Foundation
import RunningSuite
import Testing

/// Our tracker as foreign clients meet it: each has all of a torrent, announces it over UDP or HTTP, IPv4 or IPv6, and is
/// then known as a seeder under its own name.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct `Foreign clients announce to our tracker` {
    /// One way to our tracker.
    struct Way: Sendable, CustomTestStringConvertible {
        let scheme: String
        let host: String

        var testDescription: String { "\(scheme), \(host)" }

        static let all = ["http", "udp"].flatMap { scheme in ["127.0.0.1", "::1"].map { Way(scheme: scheme, host: $0) }
        }
        static let ofFour = all.filter { $0.host == "127.0.0.1" }
        /// aria2 knows UDP trackers over IPv4 only.
        static let withoutUDPOverSix = all.filter { $0.scheme == "http" || $0.host == "127.0.0.1" }
    }

    /// A torrent of a file, with our tracker in it; `body` has a client announce it, and we wait until it is known.
    private func expect(
        _ way: Way,
        client name: String,
        _ body:
            @escaping @Sendable (RunningSuite, Placement, _ known: @escaping @Sendable () async throws -> Void)
            async throws ->
            Void
    ) async throws {
        let settings = ["tracker.http.host=\(way.host)", "tracker.udp.port=0", "peer.listen.host=\(way.host)"]
        try await RunningSuite.with(settings: settings) { suite in
            let status = try await suite.succeed("status", "--json").json
            let key = way.scheme == "udp" ? "udp_url" : "tracker_announce_url"
            let announce = try #require(status[key].string)
            #expect(announce.hasPrefix("\(way.scheme)://"))
            let path = try suite.scratch.file("payload/file.bin", size: 300_000)
            let torrent = suite.scratch("file.torrent")
            let created = try await suite.succeed("create", path, "-o", torrent, "--tracker", announce, "--json").json
            let infoHash = try #require(created["info_hash_v1"].string)
            let url = try #require(status["http_url"].string)
            try await body(suite, Placement(torrent: torrent, folder: suite.scratch("payload"))) {
                try await eventually("the tracker knows \(name) as a seeder") {
                    let answer = try await run("curl", ["-gs", "\(url)/api/tracker/peers/\(infoHash)"])
                    guard answer.code == 0, let peers = try? answer.json["items"].array else { return false }
                    return peers.contains {
                        $0["ip"].string == way.host && $0["left"].int == 0
                            && $0["client"].string?.hasPrefix(name) == true
                    }
                }
                let scrape = try await run("curl", ["-gs", "\(url)/api/tracker/stats"])
                #expect(try scrape.json["announces"].int ?? 0 > 0)
            }
        }
    }

    @Test(arguments: Way.all)
    func `our own node`(way: Way) async throws {
        try await expect(way, client: "p2p") { suite, placement, known in
            try await suite.succeed("add", placement.torrent, "--to", placement.folder)
            try await known()
            let trackers = try await suite.succeed("trackers", "file.bin", "--json").jsonLines
            #expect(trackers.first?["status"].string == "working")
        }
    }

    @Test(
        .enabled(if: Aria2.missing == nil, "aria2c is not installed: tools/setup --tests"),
        arguments: Way.withoutUDPOverSix
    )
    func aria2(way: Way) async throws {
        try await expect(way, client: "aria2") { suite, placement, known in
            var options = way.host == "::1" ? ["--disable-ipv6=false"] : []
            // Its UDP trackers go through the socket of its DHT, which finds nobody here.
            if way.scheme == "udp" {
                let file = suite.scratch("dht.dat")
                options += ["--enable-dht=true", "--dht-listen-port=22000-22999", "--dht-file-path=\(file)"]
            }
            try await Aria2.with([placement], options, scratch: suite.scratch) { _ in try await known() }
        }
    }

    @Test(
        .enabled(if: Libtorrent.missing == nil, "libtorrent is not installed: tools/setup --tests"),
        arguments: Way.all
    )
    func libtorrent(way: Way) async throws {
        try await expect(way, client: "libtorrent") { _, placement, known in
            let interface = way.host == "::1" ? "[::1]" : way.host
            let settings = ["listen_interfaces": "\"\(interface):0\"", "outgoing_interfaces": "\"\(way.host)\""]
            try await Libtorrent.with(settings) { client in
                try await client.add(placement)
                try await known()
            }
        }
    }
}

/// Transmission listens at fixed ports, so it has a network for itself; and is an address of its own there.
@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled("no network namespaces here: they need root or user namespaces, and iproute2") {
        await PrivateNetwork.isAvailable()
    },
    .enabled(if: Transmission.missing == nil, "transmission-daemon is not installed: tools/setup --tests")
)
struct `Transmission announces to our tracker` {
    @Test(arguments: ["http", "udp"])
    func `over IPv4`(scheme: String) async throws {
        try await PrivateNetwork.with { network in
            let settings = ["tracker.udp.port=0", "peer.listen.host=\(PrivateNetwork.ours)"]
            try await RunningSuite.with(settings: settings, network: network) { suite in
                let status = try await suite.succeed("status", "--json").json
                let announce = try #require(status[scheme == "udp" ? "udp_url" : "tracker_announce_url"].string)
                let path = try suite.scratch.file("payload/file.bin", size: 300_000)
                let torrent = suite.scratch("file.torrent")
                let created = try await suite.succeed("create", path, "-o", torrent, "--tracker", announce, "--json")
                let infoHash = try #require(try created.json["info_hash_v1"].string)
                let placement = Placement(torrent: torrent, folder: suite.scratch("payload"))
                try await Transmission.with([placement], in: network, scratch: suite.scratch) { _ in
                    try await eventually("the tracker knows Transmission as a seeder") {
                        try await suite.trackedPeers(of: infoHash).contains {
                            $0["left"].int == 0 && $0["client"].string?.hasPrefix("Transmission") == true
                        }
                    }
                }
            }
        }
    }
}
