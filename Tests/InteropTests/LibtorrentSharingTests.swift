import Foundation
import RunningSuite
import Testing

/// A loopback address of each kind, and what makes a suite live there alone.
enum Loopback: String, CaseIterable, Sendable {
    case v4 = "127.0.0.1"
    case v6 = "[::1]"

    var settings: [String] {
        let host = self == .v4 ? "127.0.0.1" : "::1"
        return ["tracker.http.host=\(host)", "peer.listen.host=\(host)"]
    }
}

@Suite(
    .serialized,
    .timeLimit(.minutes(6)),
    .enabled(if: LibtorrentDriver.isInstalled, "libtorrent is not installed: tools/setup --tests")
)
struct `libtorrent over loopback` {
    /// A payload, its name, and a torrent of it with our tracker.
    private static func torrent(
        of payload: Payload,
        in suite: RunningSuite,
        _ options: String...
    ) async throws -> (path: String, name: String, torrent: String) {
        let path = try payload.make(in: suite.scratch)
        let announce = try await suite.succeed("status", "--json").json["tracker_announce_url"].string
        let torrent = suite.scratch("shared.torrent")
        try await suite.succeed(["create", path, "-o", torrent, "--tracker", try #require(announce)] + options)
        return (path, String(try #require(path.split(separator: "/").last)), torrent)
    }

    @Test(arguments: Loopback.allCases, Payload.allCases)
    func `downloads from our seeder through our tracker`(loopback: Loopback, payload: Payload) async throws {
        try await RunningSuite.with(settings: loopback.settings) { suite in
            let (path, name, torrent) = try await Self.torrent(of: payload, in: suite)
            try await suite.succeed("seed", torrent, "--data", suite.scratch("payload"))
            try await LibtorrentDriver.download(torrent, to: suite.scratch("copy"), at: loopback.rawValue)
            #expect(try await areEqual(path, suite.scratch("copy/\(name)")))
        }
    }

    @Test(arguments: Loopback.allCases, Payload.allCases)
    func `seeds to us through our tracker`(loopback: Loopback, payload: Payload) async throws {
        try await RunningSuite.with(settings: loopback.settings) { suite in
            let (path, name, torrent) = try await Self.torrent(of: payload, in: suite)
            try await LibtorrentDriver.sharing(torrent, in: suite.scratch("payload"), at: loopback.rawValue) {
                try await suite.succeed("download", torrent, "--to", suite.scratch("copy"))
            }
            #expect(try await areEqual(path, suite.scratch("copy/\(name)")))
        }
    }

    @Test func `trades a private torrent with us through our tracker`() async throws {
        try await RunningSuite.with { suite in
            let (path, name, torrent) = try await Self.torrent(of: .file, in: suite, "--private")
            let seeded = try await suite.succeed("seed", torrent, "--data", suite.scratch("payload"), "--json").json
            let infoHash = try #require(seeded["info_hash_v1"].string)
            #expect(try await suite.torrent(infoHash, on: "peer-node/1")["private"] == .bool(true))
            try await LibtorrentDriver.download(torrent, to: suite.scratch("copy"), at: Loopback.v4.rawValue)
            #expect(try await areEqual(path, suite.scratch("copy/\(name)")))
        }
    }
}
