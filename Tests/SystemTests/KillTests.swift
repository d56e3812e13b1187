import RunningSuite
import Testing

/// Kills a process in the middle of a download: a link that holds back makes "the middle" a place to stand in.
@Suite(.serialized, .timeLimit(.minutes(4))) struct `Processes killed in the middle of a download` {
    static let size = 32 << 20
    static let pieceLength = 256 << 10

    /// A file on node 1, a download of it on node 2 through a link that stops half-way.
    struct HalfWay: Sendable {
        let suite: RunningSuite
        let link: GatedLink
        let infoHash: String
        let file: String

        var copy: String { suite.scratch("copy/file.bin") }

        func leecher() async throws -> JSON { try await suite.torrent(infoHash, on: "peer-node/2") }

        func finish() async throws {
            link.allow(.max)
            try await suite.until("the download completes") {
                try await leecher()["state"].string == "seeding"
            }
            #expect(try await areEqual(file, copy))
        }

        static func with(workers: Int = 2, _ body: (HalfWay) async throws -> Void) async throws {
            try await RunningSuite.with(nodes: 2, workers: workers) { suite in
                let file = try suite.scratch.file("payload/file.bin", size: size)
                let torrent = suite.scratch("file.torrent")
                // No tracker: the link is the only way from one node to the other.
                let created = try await suite.succeed(
                    "create",
                    file,
                    "-o",
                    torrent,
                    "--piece-length",
                    "256KiB",
                    "--json"
                )
                let infoHash = try #require(try created.json["info_hash_v1"].string)
                try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "peer-node/1")
                try await suite.until("node 1 seeds") {
                    try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
                }
                let link = try GatedLink(to: try await suite.peerPort(of: "peer-node/1"), allowing: size / 2)
                defer { link.close() }
                try await suite.succeed(
                    "add",
                    torrent,
                    "--to",
                    suite.scratch("copy"),
                    "--node",
                    "peer-node/2",
                    "--peer",
                    "127.0.0.1:\(link.port)"
                )
                let half = HalfWay(suite: suite, link: link, infoHash: infoHash, file: file)
                try await suite.until("a third of the download is verified") {
                    try await half.leecher()["progress"].number ?? 0 >= 0.33
                }
                try await body(half)
            }
        }
    }

    @Test func `a hasher-worker: its jobs go to another`() async throws {
        try await HalfWay.with { half in
            let before = try await half.suite.processes()
            try killNow(try await half.suite.pid(of: "hasher-worker/1"))
            try await half.finish()
            try await half.suite.expectRestart(of: "hasher-worker/1", since: before)
        }
    }

    @Test func `all hasher-workers: pieces wait for the next ones`() async throws {
        try await HalfWay.with { half in
            let before = try await half.suite.processes()
            try killNow(try await half.suite.pid(of: "hasher-worker/1"))
            try killNow(try await half.suite.pid(of: "hasher-worker/2"))
            try await half.finish()
            try await half.suite.expectRestart(of: "hasher-worker/2", since: before)
        }
    }

    @Test func `the leeching peer-node: no verified piece is fetched again`() async throws {
        try await HalfWay.with { half in
            let before = try await half.suite.processes()
            let verified = try #require(try await half.leecher()["progress"].number) * Double(Self.size)
            let carried = half.link.carried
            try killNow(try await half.suite.pid(of: "peer-node/2"))
            try await half.suite.expectRestart(of: "peer-node/2", since: before)
            try await half.finish()
            // What came after the kill is at most what was not verified, and the messages around it.
            let after = Double(half.link.carried - carried)
            #expect(after <= (Double(Self.size) - verified) * 1.02 + Double(Self.pieceLength))
        }
    }

    @Test func `the seeding peer-node: it goes on seeding`() async throws {
        try await HalfWay.with { half in
            let before = try await half.suite.processes()
            let port = try await half.suite.peerPort(of: "peer-node/1")
            try killNow(try await half.suite.pid(of: "peer-node/1"))
            try await half.suite.expectRestart(of: "peer-node/1", since: before)
            #expect(try await half.suite.peerPort(of: "peer-node/1") == port)
            try await half.finish()
        }
    }

    @Test func `the launcher: everything ends with it, and the next one goes on`() async throws {
        try await HalfWay.with { half in
            let processes = try await half.suite.processes()
            let launcher = try #require(try await half.suite.succeed("status", "--json").json["launcher_pid"].int)
            try killNow(Int32(launcher))
            for process in processes.values {
                try await half.suite.untilGone(Int32(process["pid"].int ?? 0))
            }
            try await half.suite.start(nodes: 2)
            try await half.finish()
        }
    }
}

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Tracker killed in the middle of a download` {
    @Test func `the download completes and the tracker knows its torrents`() async throws {
        try await RunningSuite.with(nodes: 3) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 64 << 20)
            let infoHash = try #require(try await suite.succeed("seed", "--json", file).json["info_hash_v1"].string)
            let before = try await suite.processes()
            async let download = suite.succeed(
                "download",
                "magnet:?xt=urn:btih:\(infoHash)",
                "--node",
                "peer-node/2",
                "--to",
                suite.scratch("two")
            )
            try await suite.until("the download has begun") {
                (try await suite.torrent(infoHash, on: "peer-node/2")["progress"].number ?? 0) > 0
            }
            try killNow(try await suite.pid(of: "tracker-api/1"))
            _ = try await download
            #expect(try await areEqual(file, suite.scratch("two/file.bin")))
            try await suite.expectRestart(of: "tracker-api/1", since: before)
            try await suite.succeed(
                "download",
                "magnet:?xt=urn:btih:\(infoHash)",
                "--node",
                "peer-node/3",
                "--to",
                suite.scratch("three")
            )
            #expect(try await areEqual(file, suite.scratch("three/file.bin")))
        }
    }
}

extension RunningSuite {
    /// `ps` shows the process ready again, with another pid, a higher epoch and one more restart.
    func expectRestart(of name: String, since before: [String: JSON]) async throws {
        let old = before[name] ?? .null
        try await until("\(name) is ready again") {
            let new = try await processes()[name] ?? .null
            return new["state"].string == "ready" && (new["epoch"].int ?? 0) > (old["epoch"].int ?? 0)
        }
        let new = try await processes()[name] ?? .null
        #expect(new["pid"] != old["pid"])
        #expect((new["restarts"].int ?? 0) > (old["restarts"].int ?? 0))
    }

    /// Waits for the end of a process that need not be a child of ours.
    func untilGone(_ pid: Int32) async throws {
        let gone = try await run("timeout", ["20", "tail", "--pid=\(pid)", "-s", "0.05", "-f", "/dev/null"])
        guard gone.code == 0 else { throw SuiteFailure("process \(pid) is still there") }
    }
}
