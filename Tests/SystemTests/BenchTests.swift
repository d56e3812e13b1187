import Foundation
import RunningSuite
import Testing

/// The bench itself, small and with the binaries of the tests: its figures mean nothing then, its ways are the real ones.
@Suite(.serialized, .timeLimit(.minutes(4))) struct `tools/bench` {
    @Test func `hash measures everything, prints an object a line, and leaves nothing behind`() async throws {
        try await ScratchFolder.with { scratch in
            let bench = try await run(
                "timeout",
                [
                    "200", Checkout.path + "/tools/bench", "hash", "--bin", RunningSuite.binaries, "--temporary",
                    scratch.path, "--size", "8MiB", "--files", "50", "--runs", "1", "--formats", "v1,hybrid,v2",
                    "--json",
                ]
            )
            #expect(bench.code == 0, "\(bench.error)")
            let rows = try bench.jsonLines
            #expect(
                Set(rows.compactMap { $0["bench"].string }).isSuperset(of: ["kernel", "create", "recheck", "limit"])
            )
            let ours = rows.filter { $0["bench"].string == "create" && $0["tool"].string == "p2pctl create" }
            #expect(Set(ours.compactMap { $0["format"].string }) == ["v1", "v2", "hybrid"])
            #expect(ours.allSatisfy { $0["wall_s"]["median"].number ?? 0 > 0 })
            #expect(Set(rows.compactMap { $0["tool"].string }).isSuperset(of: ["p2p, 1 worker", "p2p, 2 workers"]))
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
        }
    }

    @Test(arguments: [
        (["transfer", "--size", "4MiB", "--piece-lengths", "64KiB", "--cold"], "transfer"),
        (["swarm", "--size", "2MiB", "--leechers", "2", "--cold"], "swarm"),
    ])
    func `transfer and swarm move the data of every client`(arguments: [String], name: String) async throws {
        try await ScratchFolder.with { scratch in
            let bench = try await run(
                "timeout",
                ["200", Checkout.path + "/tools/bench"] + arguments + [
                    "--bin", RunningSuite.binaries, "--temporary", scratch.path, "--runs", "1", "--json",
                ]
            )
            #expect(bench.code == 0, "\(bench.error)")
            let rows = try bench.jsonLines.filter { $0["bench"].string == name }
            #expect(rows.contains { ($0["seeder"].string ?? $0["client"].string) == "p2p" })
            #expect(rows.allSatisfy { $0["wall_s"]["median"].number ?? 0 > 0 })
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
        }
    }

    @Test func `idle measures torrents and connections that do nothing`() async throws {
        try await ScratchFolder.with { scratch in
            let bench = try await run(
                "timeout",
                [
                    "200", Checkout.path + "/tools/bench", "idle", "--bin", RunningSuite.binaries, "--temporary",
                    scratch.path, "--torrents", "5", "--connections", "20", "--seconds", "1", "--settle", "1", "--json",
                ]
            )
            #expect(bench.code == 0, "\(bench.error)")
            let ours = try #require(try bench.jsonLines.first { $0["client"].string == "p2p" })
            #expect(ours["torrents"].number == 5)
            #expect(ours["pss_bytes"].number ?? 0 > 0)
            #expect(ours["bytes_per_connection"].number != nil)
        }
    }

    @Test func `a size that is none is a usage error`() async throws {
        let bench = try await run(Checkout.path + "/tools/bench", ["hash", "--size", "huge"])
        #expect(bench.code == 64)
        #expect(bench.error.contains("'huge' is not a size"), "\(bench.error)")
    }
}
