import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct `Limits, choices and explanations` {
    @Test func `a limit of the suite holds for what moves, is shown, and outlives its node`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let size = 6 << 20
            let rate = 2 << 20
            let file = try suite.scratch.file("payload/file.bin", size: size)
            let infoHash = try #require(
                try await suite.succeed("seed", "--json", "--node", "1", file).json["info_hash_v1"].string
            )
            try await suite.succeed("limit", "--node", "1", "--up", "2MiB")
            let start = ContinuousClock.now
            let magnet = "magnet:?xt=urn:btih:\(infoHash)"
            try await suite.succeed("download", magnet, "--node", "2", "--to", suite.scratch("two"))
            // Bytes by limit, less a generous burst; how exact a limit is, virtual time tells.
            #expect(ContinuousClock.now - start > .seconds(Double(size - (2 << 20)) / Double(rate)))
            #expect(try await areEqual(file, suite.scratch("two/file.bin")))
            try await suite.succeed("restart", "peer-node/1")
            let limits = try await suite.succeed("limit", "--json").jsonLines
            #expect(limits.first { $0["node"].string == "peer-node/1" }?["up_limit"].int == rate)
            #expect(try await suite.succeed("status").output.contains("limits    peer-node/1: down off, up 2.0 MiB/s"))
            // Of the whole suite each node gets a part.
            let parts = try await suite.succeed("limit", "--json", "--up", "2MiB").jsonLines
            #expect(parts.map { $0["up_limit"].int } == [rate / 2, rate / 2])
        }
    }

    @Test func `a torrent says why it does not go on`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 1 << 20)
            let torrent = suite.scratch("alone.torrent")
            try await suite.succeed("create", file, "-o", torrent)
            let added = try await suite.succeed("add", torrent, "--json", "--paused", "--sequential", "--node", "1")
                .json
            let id = try #require(added["id"].string)
            @Sendable func reason() async throws -> String? {
                try await suite.succeed("explain", "--json", id).json["reason"].string
            }
            #expect(try await reason() == "paused")
            #expect(try await suite.succeed("show", "--json", id).json["sequential"] == .bool(true))
            try await suite.succeed("resume", id)
            try await suite.until("nobody is known") { try await reason() == "no_trackers" }
            let text = try await suite.succeed("explain", id).output
            #expect(text.contains("it has no tracker, and nobody named a peer"))
        }
    }

    @Test func `only chosen files arrive, and a queue of one lets the next torrent run when it may`() async throws {
        try await RunningSuite.with(nodes: 2, settings: ["queue.downloads=1"]) { suite in
            let tree = try suite.scratch.tree("payload/tree")
            let seeded = try await suite.succeed("seed", "--json", "--node", "1", tree).json
            let id = try #require(seeded["info_hash_v1"].string)
            let idle = suite.scratch("idle.torrent")
            try await suite.succeed("create", try suite.scratch.file("payload/idle", size: 40_000), "-o", idle)
            let blocked = try await suite.succeed("add", idle, "--json", "--node", "2", "--to", suite.scratch("i")).json
            let magnet = "magnet:?xt=urn:btih:\(id)"
            try await suite.succeed(
                "add",
                magnet,
                "--node",
                "2",
                "--to",
                suite.scratch("two"),
                "--files",
                "2",
                "--seed-ratio",
                "off",
                "--paused"
            )
            // Both were added within one second, which leaves their order open.
            try await suite.succeed("queue", id, "--node", "2", "bottom")
            try await suite.succeed("resume", id, "--node", "2")
            try await suite.until("it waits in the queue") {
                try await suite.torrent(id, on: "peer-node/2")["state"].string == "queued"
            }
            try await suite.succeed("queue", id, "--node", "2", "top")
            try await suite.until("the chosen file is there") {
                try await suite.torrent(id, on: "peer-node/2")["state"].string == "seeding"
            }
            let files = try await suite.succeed("files", "--json", "--node", "2", id).jsonLines
            #expect(files.map { $0["priority"].string } == ["skip", "normal", "skip", "skip", "skip", "skip"])
            #expect(files[1]["progress"].number == 1)
            let other = try #require(blocked["id"].string)
            try await suite.until("the other runs") {
                try await suite.torrent(other, on: "peer-node/2")["state"].string == "downloading"
            }
        }
    }
}
