import Foundation
import RunningSuite
import Testing

/// Fault F16: the network swallows whatever goes to a peer and comes from it, and nobody is told.
@Suite(
    .serialized,
    .timeLimit(.minutes(5)),
    .enabled("no network namespaces here: they need root or user namespaces, and iproute2") {
        await PrivateNetwork.isAvailable()
    }
)
struct `A peer that falls into a black hole` {
    @Test func `keeps nothing from being asked of another`() async throws {
        try await PrivateNetwork.with { network in
            let lost = PrivateNetwork.others[0]
            try await RunningSuite.with(settings: ["peer.listen.host=\(lost)"], network: network) { far in
                let ours = ["peer.listen.host=\(PrivateNetwork.ours)"]
                try await RunningSuite.with(nodes: 2, settings: ours, network: network) { suite in
                    let file = try suite.scratch.file("payload/file.bin", size: 6 << 20)
                    let torrent = suite.scratch("file.torrent")
                    let created = try await suite.succeed("create", file, "-o", torrent, "--json")
                    let infoHash = try #require(try created.json["info_hash_v1"].string)
                    for (seeder, node) in [(far, "peer-node/1"), (suite, "peer-node/1")] {
                        try await seeder.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", node)
                        try await seeder.until("it seeds") {
                            try await seeder.torrent(infoHash, on: node)["state"].string == "seeding"
                        }
                    }
                    // Slow enough to be caught in the middle.
                    try await far.succeed("limit", infoHash, "--up", "512KiB")
                    let copy = suite.scratch("copy")
                    @Sendable func add(_ address: String) async throws {
                        try await suite.succeed(
                            "add",
                            torrent,
                            "--node",
                            "peer-node/2",
                            "--to",
                            copy,
                            "--peer",
                            address
                        )
                    }
                    try await add("\(lost):\(try await far.peerPort(of: "peer-node/1"))")
                    try await suite.until("it is in the middle") {
                        try await suite.torrent(infoHash, on: "peer-node/2")["pieces_verified"].int ?? 0 > 0
                    }
                    try await swallow(lost, in: network)
                    try await add("\(PrivateNetwork.ours):\(try await suite.peerPort(of: "peer-node/1"))")
                    let start = ContinuousClock.now
                    try await suite.until("it is whole") {
                        try await suite.torrent(infoHash, on: "peer-node/2")["state"].string == "seeding"
                    }
                    print("whole \(ContinuousClock.now - start) after the peer was lost")
                    #expect(try await areEqual(file, copy + "/file.bin"))
                    let row = try await suite.torrent(infoHash, on: "peer-node/2")
                    #expect(row["hash_failed"].int == 0)
                }
            }
        }
    }

    /// From now on nothing gets to or from `address`, and no packet says so.
    private func swallow(_ address: String, in network: PrivateNetwork) async throws {
        let local = try await network.runInside([
            "ip", "route", "delete", "table", "local", "local", address, "dev", "lo",
        ])
        try #require(local.code == 0, "\(local)")
        let hole = try await network.runInside(["ip", "route", "add", "blackhole", "\(address)/32"])
        try #require(hole.code == 0, "\(hole)")
    }
}
