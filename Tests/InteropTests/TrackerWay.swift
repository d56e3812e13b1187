import RunningSuite
import Testing

/// One way to our tracker: a scheme and an address family.
struct TrackerWay: Sendable, CustomTestStringConvertible {
    let scheme: String
    let host: String

    var testDescription: String { "\(scheme), \(host)" }

    static let all = ["http", "udp"].flatMap { scheme in
        ["127.0.0.1", "::1"].map { TrackerWay(scheme: scheme, host: $0) }
    }
    /// aria2 knows UDP trackers over IPv4 only.
    static let withoutUDPOverSix = all.filter { $0.scheme == "http" || $0.host == "127.0.0.1" }

    /// A torrent of a file that names a tracker of ours under this way.
    struct TrackedTorrent: Sendable {
        let placement: Placement
        let infoHash: String
        /// Of the tracker's interface.
        let url: String
        let host: String
    }

    /// Starts a suite whose tracker is met in this way, and makes a torrent for it.
    func toTracker(_ body: (RunningSuite, TrackedTorrent) async throws -> Void) async throws {
        let settings = ["tracker.http.host=\(host)", "tracker.udp.port=0", "peer.listen.host=\(host)"]
        try await RunningSuite.with(settings: settings) { suite in
            let tracked = try await TrackedTorrent(in: suite, scheme: scheme, host: host)
            try await body(suite, tracked)
        }
    }
}

extension TrackerWay.TrackedTorrent {
    /// A torrent of a file; `host` is where its peers will be.
    init(in suite: RunningSuite, scheme: String, host: String) async throws {
        let status = try await suite.succeed("status", "--json").json
        let announce = try #require(status[scheme == "udp" ? "udp_url" : "tracker_announce_url"].string)
        #expect(announce.hasPrefix("\(scheme)://"))
        let path = try suite.scratch.file("payload/file.bin", size: 300_000)
        let torrent = suite.scratch("file.torrent")
        let created = try await suite.succeed("create", path, "-o", torrent, "--tracker", announce, "--json").json
        self.init(
            placement: Placement(torrent: torrent, folder: suite.scratch("payload")),
            infoHash: try #require(created["info_hash_v1"].string),
            url: try #require(status["http_url"].string),
            host: host
        )
    }

    /// Waits until the tracker knows a seeder under the name of its client.
    func untilSeeded(by client: String) async throws {
        try await eventually("the tracker knows \(client) as a seeder") {
            let answer = try await run("curl", ["-gs", "\(url)/api/tracker/peers/\(infoHash)"])
            guard answer.code == 0, let peers = try? answer.json["items"].array else { return false }
            return peers.contains {
                $0["ip"].string == host && $0["left"].int == 0 && $0["client"].string?.hasPrefix(client) == true
            }
        }
        let stats = try await run("curl", ["-gs", "\(url)/api/tracker/stats"])
        #expect(try stats.json["announces"].int ?? 0 > 0)
    }
}
