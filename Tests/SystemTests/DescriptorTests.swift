import Foundation
import RunningSuite
import Testing

/// Fault F26: a peer-node without a descriptor to spare.
@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled(if: isInstalled("prlimit"), "needs prlimit")
)
struct `A node without descriptors` {
    @Test(arguments: [64, 128, 256])
    func `says so, goes on with what it has, and takes peers again when there are some`(limit: Int) async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let tree = try suite.scratch.tree("payload/tree")
            let torrent = suite.scratch("tree.torrent")
            let created = try await suite.succeed("create", tree, "-o", torrent, "--json")
            let infoHash = try #require(try created.json["info_hash_v1"].string)
            try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "peer-node/1")
            let pid = try await suite.pid(of: "peer-node/2")
            let limited = try await run("prlimit", ["--pid", "\(pid)", "--nofile=\(limit):\(limit)"])
            try #require(limited.code == 0, "\(limited)")
            let port = try await suite.peerPort(of: "peer-node/2")
            let crowd = Crowd(of: limit + 50, at: port)
            try await suite.until("the node says so") {
                let log = try String(contentsOfFile: suite.home + "/log/peer-node-2.log", encoding: .utf8)
                return log.contains("too many open files")
            }
            // It answers meanwhile.
            try await suite.succeed("list", "--json")
            crowd.leave()
            let seeder = try await suite.peerPort(of: "peer-node/1")
            try await suite.succeed(
                "add",
                torrent,
                "--to",
                suite.scratch("copy"),
                "--node",
                "peer-node/2",
                "--peer",
                "127.0.0.1:\(seeder)"
            )
            try await suite.until("the tree is there") {
                try await suite.torrent(infoHash, on: "peer-node/2")["state"].string == "seeding"
            }
            #expect(try await areEqual(tree, suite.scratch("copy/tree")))
        }
    }
}
