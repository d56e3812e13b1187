import Foundation
import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Supervision` {
    @Test func `scaling works while a download runs`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 64 << 20)
            let infoHash = try #require(try await suite.succeed("seed", "--json", file).json["info_hash_v1"].string)
            async let download = suite.succeed(
                "download",
                "magnet:?xt=urn:btih:\(infoHash)",
                "--node",
                "peer-node/2",
                "--to",
                suite.scratch("two")
            )
            try await suite.succeed("scale", "hasher-worker=4", "peer-node=5")
            let ready = try await suite.processes().filter { $0.value["state"].string == "ready" }.keys
            #expect(ready.filter { $0.hasPrefix("hasher-worker/") }.count == 4)
            #expect(ready.filter { $0.hasPrefix("peer-node/") }.count == 5)
            _ = try await download
            #expect(try await areEqual(file, suite.scratch("two/file.bin")))
            try await suite.succeed("scale", "hasher-worker=1", "peer-node=2")
            #expect(try await suite.processes().count == 4)
        }
    }

    @Test func `a process keeps the code of its start in memory for some seconds only`() async throws {
        try await RunningSuite.with(nodes: 1) { suite in
            let pid = try await suite.pid(of: "peer-node/1")
            try await eventually("less memory than it had") {
                try ProcessUse.memory(of: pid) < ProcessUse.peakMemory(of: pid) - (4 << 20)
            }
            // What it runs again is there again.
            let file = try suite.scratch.file("file.bin", size: 1 << 20)
            try await suite.succeed("seed", "--json", file)
            #expect(try await suite.pid(of: "peer-node/1") == pid)
        }
    }

    @Test func `down leaves no process, socket or lock`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let processes = try await suite.processes()
            let launcher = try #require(try await suite.succeed("status", "--json").json["launcher_pid"].int)
            try await suite.succeed("down")
            for pid in processes.values.compactMap({ $0["pid"].int }) + [launcher] {
                #expect(!isRunning(pid), "process \(pid) is still there")
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: suite.home + "/run")
            #expect(left.isEmpty, "left in run/: \(left)")
            #expect(try await suite.p2pctl("status").code == 2)
        }
    }

    @Test func `a restart keeps torrents, names and data`() async throws {
        try await RunningSuite.with(nodes: 1) { suite in
            let tree = try suite.scratch.tree("payload/tree")
            let infoHash = try #require(try await suite.succeed("seed", "--json", tree).json["info_hash_v1"].string)
            try await suite.succeed("down")
            try await suite.start(nodes: 1)
            let torrent = try await suite.torrent(infoHash, on: "peer-node/1")
            #expect(torrent["state"].string == "seeding")
            #expect(torrent["progress"].number == 1)
        }
    }

    @Test func `restart gives a process a new epoch in order`() async throws {
        try await RunningSuite.with(nodes: 1) { suite in
            let before = try await suite.processes()
            try await suite.succeed("restart", "peer-node/1")
            let old = try #require(before["peer-node/1"]?["epoch"].int)
            let new = try #require(try await suite.processes()["peer-node/1"])
            #expect(new["state"].string == "ready")
            #expect((new["epoch"].int ?? 0) > old)
            #expect(try await suite.p2pctl("restart", "peer-node/9").code == 3)
        }
    }

    @Test func `a process that hangs is replaced, and does no harm when it wakes`() async throws {
        try await RunningSuite.with(nodes: 1, workers: 1) { suite in
            let before = try await suite.processes()
            let pid = try await suite.pid(of: "hasher-worker/1")
            kill(pid, SIGSTOP)
            try await suite.expectRestart(of: "hasher-worker/1", since: before)
            let file = try suite.scratch.file("payload/file.bin", size: 1 << 20)
            try await suite.succeed("seed", file)
        }
    }
}
