import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Hash jobs` {
    @Test func `a running check is listed, and ends when it is cancelled`() async throws {
        try await SeededTree.with { torrent in
            let workers = ["hasher-worker/1", "hasher-worker/2"]
            let frozen = try await FrozenWorkers.freeze(workers, in: torrent.suite)
            try await torrent.recheck()
            try await torrent.untilGiven(to: frozen.names)
            let jobs = try await torrent.suite.openJobs()
            #expect(jobs.count == 1)
            let job = try #require(jobs.first)
            #expect(job["kind"].string == "recheck")
            #expect(job["name"].string == "tree")
            #expect(job["info_hash"].string == torrent.infoHash)
            #expect(job["requester"].string == "peer-node/1")
            #expect(job["state"].string == "running")
            #expect(job["bytes_total"].int == SeededTree.size)
            let number = try #require(job["job"].int)

            try await torrent.suite.succeed("jobs", "cancel", "\(number)")
            try await torrent.suite.until("the job is over") { try await torrent.suite.openJobs().isEmpty }
            let ended = try #require(try await torrent.suite.jobs().first { $0["job"].int == number })
            #expect(ended["state"].string == "cancelled")
            frozen.thaw()
            // The workers are free again, and the torrent can be checked anew.
            try await torrent.recheck()
            try await torrent.untilChecked(.seeding)
        }
    }
}

@Suite(.serialized, .timeLimit(.minutes(4))) struct `A byte that turned over on the disk` {
    @Test func `is named by verify, found by recheck, and fetched again`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 5_000_000)
            let torrent = suite.scratch("file.torrent")
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
            let copy = suite.scratch("copy/file.bin")
            try flipBit(in: copy, at: 7 * (256 << 10) + 1)

            let verified = try await suite.p2pctl("verify", torrent, copy, "--json")
            #expect(verified.code == 1)
            #expect(try verified.json["bad_pieces"].array.compactMap(\.int) == [7])

            try await suite.succeed("recheck", infoHash, "--node", "peer-node/2")
            try await suite.until("the piece is there again") {
                guard try await suite.torrent(infoHash, on: "peer-node/2")["state"].string == "seeding" else {
                    return false
                }
                return try await areEqual(file, copy)
            }
            #expect(try await suite.p2pctl("verify", torrent, copy).code == 0)
        }
    }
}
