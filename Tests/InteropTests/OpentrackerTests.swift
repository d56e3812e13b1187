import Foundation
import RunningSuite
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled(if: isInstalled("opentracker"), "opentracker is not installed: tools/setup --tests")
)
struct `opentracker` {
    @Test(arguments: ["udp", "http"])
    func `brings two of our nodes together`(scheme: String) async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let path = try suite.scratch.file("payload/file.bin", size: 3 << 20)
            let plain = try await suite.succeed("create", path, "-o", suite.scratch("plain.torrent"), "--json").json
            let infoHash = try #require(plain["info_hash_v1"].string)
            try await Opentracker.with(tracking: [infoHash], in: suite.scratch) { port in
                let torrent = suite.scratch("tracked.torrent")
                let announce = "\(scheme)://127.0.0.1:\(port)/announce"
                try await suite.succeed("create", path, "-o", torrent, "--tracker", announce)
                try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "1")
                try await suite.until("the seeder has announced") {
                    let torrent = try await suite.torrent(infoHash, on: "peer-node/1")
                    return torrent["state"].string == "seeding" && torrent["tracker_status"].string == "working"
                }
                try await suite.succeed("download", torrent, "--to", suite.scratch("copy"), "--node", "2")
                #expect(try await areEqual(path, suite.scratch("copy/file.bin")))
                let trackers = try await suite.succeed("trackers", infoHash, "--json").jsonLines
                #expect(trackers.map { $0["url"].string } == [announce, announce])
                for tracker in trackers {
                    #expect(tracker["status"].string == "working")
                    #expect(tracker["failures"].int == 0)
                    #expect((tracker["next_announce_s"].number ?? 0) > 60)
                }
            }
        }
    }

    @Test(arguments: ["udp", "http"])
    func `refuses what it does not list, in its own words, and the next tier has its turn`(scheme: String) async throws
    {
        try await RunningSuite.with { suite in
            let path = try suite.scratch.file("payload/file.bin", size: 100_000)
            let ours = try #require(try await suite.succeed("status", "--json").json["tracker_announce_url"].string)
            let other = String(repeating: "ab", count: 20)
            try await Opentracker.with(tracking: [other], in: suite.scratch) { port in
                let torrent = suite.scratch("unlisted.torrent")
                let announce = "\(scheme)://127.0.0.1:\(port)/announce"
                let created = try await suite.succeed(
                    "create",
                    path,
                    "-o",
                    torrent,
                    "--json",
                    "--tracker",
                    announce,
                    "--tracker",
                    ours
                ).json
                let infoHash = try #require(created["info_hash_v1"].string)
                try await suite.succeed("add", torrent, "--to", suite.scratch("payload"))
                try await suite.until("the second tier answers") {
                    try await suite.torrent(infoHash, on: "peer-node/1")["tracker_status"].string == "working"
                }
                let trackers = try await suite.succeed("trackers", infoHash, "--json").jsonLines
                let refusal = "Requested download is not authorized for use with this tracker."
                // Over UDP it answers with half a packet and no word.
                #expect(trackers.first?["message"].string == (scheme == "udp" ? "" : refusal))
                #expect(trackers.first?["failures"].int == 1)
                #expect(trackers.last?["status"].string == "working")
            }
        }
    }
}
