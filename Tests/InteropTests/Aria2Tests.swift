import Foundation
import RunningSuite
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled(if: isInstalled("aria2c"), "aria2c is not installed: tools/setup --tests")
)
struct `aria2` {
    @Test(arguments: Payload.allCases)
    func `downloads from our seeder through our tracker`(payload: Payload) async throws {
        try await RunningSuite.with { suite in
            let path = try payload.make(in: suite.scratch)
            let seeded = try await suite.succeed("seed", "--json", path).json
            let infoHash = try #require(seeded["info_hash_v1"].string)
            let torrent = suite.scratch("from-tracker.torrent")
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let fetched = try await run(
                "curl",
                ["-sf", "-o", torrent, "\(url)/api/tracker/torrents/\(infoHash).torrent"]
            )
            #expect(fetched.code == 0)

            let copy = suite.scratch("copy")
            let download = try await run(
                "timeout",
                ["60", "aria2c"] + quietAria2 + ["--dir=\(copy)", "--seed-time=0", torrent]
            )
            #expect(download.code == 0, "\(download.output)\(download.error)")
            let name = try #require(path.split(separator: "/").last)
            #expect(try await areEqual(path, "\(copy)/\(name)"))
        }
    }

    @Test(arguments: Payload.allCases)
    func `seeds to us through our tracker`(payload: Payload) async throws {
        try await RunningSuite.with { suite in
            let path = try payload.make(in: suite.scratch)
            let status = try await suite.succeed("status", "--json").json
            let announce = try #require(status["tracker_announce_url"].string)
            let torrent = suite.scratch("theirs.torrent")
            try await suite.succeed("create", path, "-o", torrent, "--tracker", announce)
            let name = try #require(path.split(separator: "/").last)
            try await withAria2Seeding(torrent: torrent, in: suite.scratch("payload")) {
                try await suite.succeed("download", torrent, "--to", suite.scratch("copy"))
            }
            #expect(try await areEqual(path, suite.scratch("copy/\(name)")))
        }
    }
}
