import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Over IPv6 alone` {
    @Test func `two nodes find each other through our tracker and share`() async throws {
        let settings = ["tracker.http.host=::1", "peer.listen.host=::1"]
        try await RunningSuite.with(nodes: 2, settings: settings) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 3 << 20)
            let seeded = try await suite.succeed("seed", "--json", "--node", "1", file).json
            let infoHash = try #require(seeded["info_hash_v1"].string)
            let magnet = "magnet:?xt=urn:btih:\(infoHash)"
            try await suite.succeed("download", magnet, "--node", "peer-node/2", "--to", suite.scratch("copy"))
            #expect(try await areEqual(file, suite.scratch("copy/file.bin")))

            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            #expect(url.hasPrefix("http://[::1]:"))
            let swarm = try await run("curl", ["-gsf", "\(url)/api/tracker/peers/\(infoHash)"])
            #expect(swarm.output.contains("::1") && !swarm.output.contains("127.0.0.1"), "\(swarm)")
            let trackers = try await suite.succeed("trackers", infoHash, "--json").jsonLines
            #expect(trackers.map { $0["external_ip"].string } == ["::1", "::1"])
        }
    }
}
