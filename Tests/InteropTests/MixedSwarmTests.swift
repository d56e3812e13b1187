import RunningSuite
import Testing

/// One swarm of four programs: two nodes of ours, aria2, Transmission and libtorrent, each with an address of its own.
@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled("no network namespaces here: they need root or user namespaces, and iproute2") {
        await PrivateNetwork.isAvailable()
    },
    .enabled(
        if: (Aria2.missing ?? Transmission.missing ?? Libtorrent.missing) == nil,
        "needs aria2, Transmission and libtorrent: tools/setup --tests"
    )
)
struct `A mixed swarm` {
    /// Waits for a client, its word to the tracker and its bytes.
    static func untilHeld(
        by client: some ForeignClient,
        at address: String,
        _ parcel: Parcel,
        _ infoHash: String,
        in folder: String,
        of suite: RunningSuite
    ) async throws {
        try await client.untilComplete(parcel.torrent(infoHash))
        try await eventually("the tracker knows a seeder at \(address)") {
            try await suite.trackedPeers(of: infoHash).contains {
                $0["ip"].string == address && $0["left"].int == 0
            }
        }
        #expect(try await areEqual(parcel.path, suite.scratch("\(folder)/\(parcel.name)")), "\(folder)")
    }

    @Test func `all complete from one seeder of ours, and without it they serve the next`() async throws {
        try await PrivateNetwork.with { network in
            try await RunningSuite.with(
                nodes: 3,
                settings: ["peer.listen.host=\(PrivateNetwork.ours)"],
                network: network
            ) { suite in
                let file = try suite.scratch.file("payload/Größe 🌱.bin", size: 6 << 20)
                let parcel = Parcel(path: file, options: [])
                let seeded = try await suite.succeed("seed", file, "--node", "1", "--json").json
                let infoHash = try #require(seeded["info_hash_v1"].string)
                let torrent = suite.scratch("mixed.torrent")
                try await suite.fetchTorrent(infoHash, to: torrent)
                let folders = ["aria2", "transmission-files", "libtorrent"].map { suite.scratch($0) }
                let places = folders.map { Placement(torrent: torrent, folder: $0) }

                try await Aria2.with([places[0]], in: network, scratch: suite.scratch) { aria2 in
                    try await Transmission.with([places[1]], in: network, scratch: suite.scratch) { transmission in
                        try await Libtorrent.with([places[2]], in: network, scratch: suite.scratch) { libtorrent in
                            async let second = suite.succeed(
                                "download",
                                torrent,
                                "--node",
                                "2",
                                "--to",
                                suite.scratch("two")
                            )
                            async let one: Void = Self.untilHeld(
                                by: aria2,
                                at: Aria2.address,
                                parcel,
                                infoHash,
                                in: "aria2",
                                of: suite
                            )
                            async let two: Void = Self.untilHeld(
                                by: transmission,
                                at: Transmission.address,
                                parcel,
                                infoHash,
                                in: "transmission-files",
                                of: suite
                            )
                            async let three: Void = Self.untilHeld(
                                by: libtorrent,
                                at: Libtorrent.address,
                                parcel,
                                infoHash,
                                in: "libtorrent",
                                of: suite
                            )
                            _ = try await (second, one, two, three)
                            #expect(try await areEqual(file, suite.scratch("two/\(parcel.name)")))

                            // Now nobody of ours is left to ask.
                            try await suite.succeed("pause", infoHash)
                            try await suite.succeed("download", torrent, "--node", "3", "--to", suite.scratch("three"))
                            #expect(try await areEqual(file, suite.scratch("three/\(parcel.name)")))
                            for node in ["peer-node/1", "peer-node/2"] {
                                #expect(try await suite.torrent(infoHash, on: node)["state"].string == "paused")
                            }
                        }
                    }
                }
            }
        }
    }
}
