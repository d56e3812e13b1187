import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Sharing between processes` {
    @Test func `a file and a tree reach two other nodes byte for byte, and the leechers trade`() async throws {
        try await RunningSuite.with(nodes: 3) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 64 << 20)
            let tree = try suite.scratch.tree("payload/tree")
            for path in [file, tree] {
                let seeded = try await suite.succeed("seed", "--json", "--node", "1", path).json
                let infoHash = try #require(seeded["info_hash_v1"].string)
                async let second = suite.succeed(
                    "download",
                    "magnet:?xt=urn:btih:\(infoHash)",
                    "--node",
                    "peer-node/2",
                    "--to",
                    suite.scratch("two")
                )
                async let third = suite.succeed(
                    "download",
                    "magnet:?xt=urn:btih:\(infoHash)",
                    "--node",
                    "peer-node/3",
                    "--to",
                    suite.scratch("three")
                )
                _ = try await (second, third)
                for copy in ["two", "three"] {
                    let name = try #require(path.split(separator: "/").last)
                    #expect(try await areEqual(path, suite.scratch("\(copy)/\(name)")))
                }
            }
        }
    }

    @Test func `a leecher that has finished seeds to the next one`() async throws {
        try await RunningSuite.with(nodes: 3) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 24 << 20)
            let infoHash = try #require(try await suite.succeed("seed", "--json", file).json["info_hash_v1"].string)
            let magnet = "magnet:?xt=urn:btih:\(infoHash)"
            try await suite.succeed("download", magnet, "--node", "peer-node/2", "--to", suite.scratch("two"))
            // The uploaded bytes of the second node went to the third: the first one is complete and asks for none.
            try await suite.succeed("download", magnet, "--node", "peer-node/3", "--to", suite.scratch("three"))
            let second = try await suite.torrent(infoHash, on: "peer-node/2")
            #expect((second["uploaded"].int ?? 0) > 0, "\(second)")
            #expect(try await areEqual(file, suite.scratch("three/file.bin")))
        }
    }

    @Test func `many small torrents at once all arrive`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...8 {
                    let file = try suite.scratch.file("in/f\(number)", size: 300_000 * number, seed: UInt64(number))
                    group.addTask {
                        let seeded = try await suite.succeed("seed", "--json", file).json
                        let infoHash = try #require(seeded["info_hash_v1"].string)
                        let holder = try await suite.torrent(infoHash, on: "peer-node/1")
                        let other = holder == .null ? "peer-node/1" : "peer-node/2"
                        try await suite.succeed(
                            "download",
                            "magnet:?xt=urn:btih:\(infoHash)",
                            "--node",
                            other,
                            "--to",
                            suite.scratch("out")
                        )
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await areEqual(suite.scratch("in"), suite.scratch("out")))
        }
    }
}
