import Foundation
import RunningSuite
import Testing

/// What surrounds the suite is wrong: each time one sentence says what, why and what to do, and nothing is harmed.
@Suite(.serialized, .timeLimit(.minutes(4))) struct `A faulty environment` {
    @Test func `a second suite on the same home is told who runs`() async throws {
        try await RunningSuite.with { suite in
            let second = try await suite.p2pctl("up", "--detach")
            #expect(second.code == 1)
            #expect(second.error.contains("already running"), "\(second.error)")
            #expect(second.error.split(separator: "\n").count == 1, "\(second.error)")
            try await suite.succeed("status")
        }
    }

    @Test func `a port in use is named`() async throws {
        try await RunningSuite.with { suite in
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let port = try #require(url.split(separator: ":").last)
            let second = try await run(
                RunningSuite.binaries + "/p2pctl",
                ["up", "--detach", "--set", "tracker.http.port=\(port)"],
                environment: ["P2P_HOME": suite.scratch("other")]
            )
            #expect(second.code == 1)
            #expect(second.error.contains(port), "\(second.error)")
            #expect(second.error.contains("tracker.http.port"), "\(second.error)")
            let down = try await run(
                RunningSuite.binaries + "/p2pctl",
                ["status"],
                environment: ["P2P_HOME": suite.scratch("other")]
            )
            #expect(down.code == 2)
        }
    }

    @Test func `without a suite every command that needs one ends with 2 and says how to start it`() async throws {
        try await ScratchFolder.with { scratch in
            for arguments in [["status"], ["ps"], ["list"], ["down"], ["seed", "/etc/hostname"]] {
                let result = try await run(
                    RunningSuite.binaries + "/p2pctl",
                    arguments,
                    environment: ["P2P_HOME": scratch("none")]
                )
                #expect(result.code == 2, "\(result)")
                #expect(result.error.contains("p2pctl up"), "\(result)")
            }
        }
    }

    @Test func `a home that cannot be written is named`() async throws {
        try await ScratchFolder.with { scratch in
            try scratch.file("file", size: 1)
            let result = try await run(
                RunningSuite.binaries + "/p2pctl",
                ["up", "--detach"],
                environment: ["P2P_HOME": scratch("file/home")]
            )
            #expect(result.code == 1)
            #expect(result.error.contains(scratch("file")), "\(result.error)")
        }
    }

    @Test func `a torrent goes to a folder that cannot be written: refused with the folder's name`() async throws {
        try await RunningSuite.with { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 100_000)
            let torrent = suite.scratch("file.torrent")
            try await suite.succeed("create", file, "-o", torrent)
            let result = try await suite.p2pctl("add", torrent, "--to", file)
            #expect(result.code == 1)
            #expect(result.error.contains(file), "\(result.error)")
        }
    }

    @Test func `a planted link is not followed`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let tree = try suite.scratch.tree("payload/tree")
            let infoHash = try #require(try await suite.succeed("seed", "--json", tree).json["info_hash_v1"].string)
            let victim = suite.scratch("victim")
            try FileManager.default.createDirectory(atPath: victim, withIntermediateDirectories: true)
            try FileManager.default.createDirectory(
                atPath: suite.scratch("copy/tree"),
                withIntermediateDirectories: true
            )
            try FileManager.default.createSymbolicLink(
                atPath: suite.scratch("copy/tree/a"),
                withDestinationPath: victim
            )
            let node = try await suite.torrent(infoHash, on: "peer-node/1") == .null ? "peer-node/1" : "peer-node/2"
            let result = try await suite.p2pctl(
                "download",
                "magnet:?xt=urn:btih:\(infoHash)",
                "--node",
                node,
                "--to",
                suite.scratch("copy")
            )
            #expect(result.code == 1, "\(result)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: victim).isEmpty)
        }
    }

    @Test func `a tracker that is down does not keep a torrent from its other peers`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 3 << 20)
            let torrent = suite.scratch("file.torrent")
            try await suite.succeed(
                "create",
                file,
                "-o",
                torrent,
                "--tracker",
                "http://127.0.0.1:1/announce"
            )
            try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "peer-node/1")
            let port = try await suite.peerPort(of: "peer-node/1")
            try await suite.succeed(
                "download",
                torrent,
                "--to",
                suite.scratch("copy"),
                "--node",
                "peer-node/2",
                "--peer",
                "127.0.0.1:\(port)"
            )
            #expect(try await areEqual(file, suite.scratch("copy/file.bin")))
        }
    }
}
