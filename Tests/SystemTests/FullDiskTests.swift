import Foundation
import RunningSuite
import Testing

/// Fault F9: a file system fills up under a running suite, and is given room again.
@Suite(
    .serialized,
    .timeLimit(.minutes(5)),
    .enabled("needs the permission to mount a tmpfs") { await SmallDisk.isAvailable() }
)
struct `A full disk` {
    private static let size = 5 << 20

    /// A file that node 1 seeds, and a link over which node 2 gets it.
    private struct Scene {
        let suite: RunningSuite
        let file: String
        let torrent: String
        let infoHash: String

        init(_ suite: RunningSuite) async throws {
            self.suite = suite
            file = try suite.scratch.file("payload/file.bin", size: size)
            torrent = suite.scratch("file.torrent")
            let created = try await suite.succeed("create", file, "-o", torrent, "--piece-length", "64KiB", "--json")
            let id = try #require(try created.json["info_hash_v1"].string)
            infoHash = id
            try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "peer-node/1")
            try await suite.until("node 1 seeds") {
                try await suite.torrent(id, on: "peer-node/1")["state"].string == "seeding"
            }
        }

        var row: JSON { get async throws { try await suite.torrent(infoHash, on: "peer-node/2") } }

        /// Node 2 downloads to `folder` until something is verified; the rest is held back by the link that is returned.
        func begin(to folder: String) async throws -> GatedLink {
            let link = try GatedLink(to: try await suite.peerPort(of: "peer-node/1"), allowing: 2 << 20)
            let address = "127.0.0.1:\(link.port)"
            try await suite.succeed("add", torrent, "--to", folder, "--node", "peer-node/2", "--peer", address)
            try await suite.until("something is verified") { try await row["pieces_verified"].int ?? 0 >= 16 }
            return link
        }

        func untilStopped(saying text: String) async throws {
            try await suite.until("it stops and says why") {
                let row = try await row
                return row["state"].string == "error" && row["error"].string?.contains(text) == true
            }
            let shown = try await suite.succeed("show", infoHash, "--json").jsonLines
            #expect(shown.contains { $0["error"].string?.contains(text) == true }, "\(shown)")
        }

        /// It goes on by itself, with what it had.
        func untilWhole(in folder: String, _ link: GatedLink, verified: Int, carried: Int) async throws {
            try await suite.until("it goes on by itself and completes") { try await row["state"].string == "seeding" }
            #expect(try await areEqual(file, folder + "/file.bin"))
            // What was verified is not fetched again; what was on its way is.
            let fetched = link.carried - carried
            let rest = size - verified << 16
            #expect(fetched <= rest + rest / 50 + (2 << 20), "\(fetched) bytes for the last \(rest)")
        }
    }

    @Test func `under the download: it waits without work, loses nothing, and goes on by itself`() async throws {
        try await RunningSuite.with(nodes: 2, settings: ["storage.preallocation=sparse"]) { suite in
            try await SmallDisk.with(suite.scratch("small"), bytes: 8 << 20) { disk in
                let scene = try await Scene(suite)
                let link = try await scene.begin(to: disk.path)
                defer { link.close() }
                try disk.fill()
                link.allow(.max)
                try await scene.untilStopped(saying: "no space left for \(disk.path)")
                let (verified, carried) = (try await scene.row["pieces_verified"].int ?? 0, link.carried)
                #expect(verified >= 16)
                let pid = try await suite.pid(of: "peer-node/2")
                // What is measured is idleness, which takes time.
                let share = try await ProcessUse.share(of: pid) { try await Task.sleep(for: .seconds(2)) }
                #expect(share < 0.05)
                disk.release()
                try await scene.untilWhole(in: disk.path, link, verified: verified, carried: carried)
                #expect(try await suite.pid(of: "peer-node/2") == pid)
                // Its disk goes before it does.
                try await suite.succeed("down")
            }
        }
    }

    @Test func `under databases and logs: nothing breaks, and all goes on by itself`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            try await suite.succeed("down")
            // Over the home folder, so that a new one is made there.
            try await SmallDisk.with(suite.home, bytes: 24 << 20) { disk in
                try await suite.start(nodes: 2, workers: 2)
                let scene = try await Scene(suite)
                let copy = suite.scratch("copy")
                let link = try await scene.begin(to: copy)
                defer { link.close() }
                let before = try await suite.processes()
                try disk.fill()
                link.allow(.max)
                try await scene.untilStopped(saying: "no space left for the database")
                let (verified, carried) = (try await scene.row["pieces_verified"].int ?? 0, link.carried)
                let refused = try await suite.p2pctl("seed", try suite.scratch.file("other.bin", size: 100_000))
                #expect(refused.code == 1)
                #expect(refused.error.contains("space") || refused.error.contains("full"), "\(refused)")
                let pid = try await suite.pid(of: "peer-node/2")
                let share = try await ProcessUse.share(of: pid) { try await Task.sleep(for: .seconds(2)) }
                #expect(share < 0.05)
                disk.release()
                try await scene.untilWhole(in: copy, link, verified: verified, carried: carried)
                try await suite.succeed("seed", suite.scratch("other.bin"))
                for (name, row) in try await suite.processes() {
                    #expect(row["epoch"].int == before[name]?["epoch"].int, "\(name) did not live through it")
                }
                try await suite.succeed("down")
                try await expectWholeFiles(in: disk.path)
            }
        }
    }

    /// Each database is whole, and each line of a log is one.
    private func expectWholeFiles(in home: String) async throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: home)
        #expect(!files.contains { $0.contains(".corrupt-") }, "\(files)")
        let databases = files.filter { $0.hasSuffix(".db") }
        #expect(databases.count >= 3, "\(files)")
        for name in databases where isInstalled("sqlite3") {
            let verdict = try await run("sqlite3", [home + "/" + name, "PRAGMA integrity_check"])
            #expect(verdict.output == "ok\n", "\(name): \(verdict)")
        }
        for name in files where name.hasSuffix(".log") {
            for line in try String(contentsOfFile: home + "/" + name, encoding: .utf8).split(separator: "\n") {
                #expect(throws: Never.self, "\(name): \(line)") { try JSON(parsing: String(line)) }
            }
        }
    }
}
