import RunningSuite
import Testing

/// What libtorrent and we agree on: streams, addresses, numbers of connections.
@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled(if: Libtorrent.missing == nil, "libtorrent is not installed: tools/setup --tests")
)
struct `A peer that is libtorrent` {
    /// We speak plaintext only so far: who demands encryption is turned away at once and with a reason, and others are not
    /// disturbed.
    @Test func `encrypted connections are refused at once, by name`() async throws {
        try await RunningSuite.with(settings: ["log.level=debug"]) { suite in
            let ours = try suite.scratch.file("ours/ours.bin", size: 1 << 20)
            let theirs = try suite.scratch.file("theirs/theirs.bin", size: 1 << 20, seed: 2)
            let infoHash = try #require(try await suite.succeed("seed", ours, "--json").json["info_hash_v1"].string)
            let (one, other) = (suite.scratch("ours.torrent"), suite.scratch("theirs.torrent"))
            try await suite.fetchTorrent(infoHash, to: one)
            try await suite.succeed("create", theirs, "-o", other)
            let us = "127.0.0.1:\(try await suite.peerPort(of: "peer-node/1"))"

            // 0 is "forced" in both directions.
            try await Libtorrent.with(["in_enc_policy": "0", "out_enc_policy": "0"]) { client in
                try await client.add(Placement(torrent: one, folder: suite.scratch("copy")), usesTrackers: false)
                try await client.connect(to: us)
                try await client.event("disconnected") { $0["peer"].string == us }
                try await suite.untilLogged(by: "peer-node/1", "peer refused", "encrypt")

                let seeded = Placement(torrent: other, folder: suite.scratch("theirs"))
                try await client.add(seeded, usesTrackers: false)
                try await client.untilComplete("theirs.bin")
                let port = try await client.port
                try await suite.succeed("add", other, "--to", suite.scratch("with us"), "--peer", "127.0.0.1:\(port)")
                try await suite.untilLogged(by: "peer-node/1", "dial failed", "encrypt")
            }
            // 1 is "enabled": it tries both.
            try await Libtorrent.with { client in
                try await client.add(Placement(torrent: one, folder: suite.scratch("copy")), usesTrackers: false)
                try await client.connect(to: us)
                try await client.untilComplete("ours.bin")
            }
            #expect(try await areEqual(ours, suite.scratch("copy/ours.bin")))
        }
    }

    @Test func `a seeder that takes two connections serves three nodes`() async throws {
        try await RunningSuite.with(nodes: 3) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 4 << 20)
            let torrent = suite.scratch("file.torrent")
            let announce = try #require(try await suite.succeed("status", "--json").json["tracker_announce_url"].string)
            let created = try await suite.succeed("create", file, "-o", torrent, "--tracker", announce, "--json")
            let infoHash = try #require(try created.json["info_hash_v1"].string)
            try await Libtorrent.with(["connections_limit": "2"]) { client in
                try await client.add(Placement(torrent: torrent, folder: suite.scratch("payload")), most: 2)
                try await client.untilComplete("file.bin")
                try await eventually("libtorrent has announced") {
                    try await !suite.trackedPeers(of: infoHash).isEmpty
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for node in ["1", "2", "3"] {
                        group.addTask {
                            try await suite.succeed(
                                "download",
                                torrent,
                                "--node",
                                node,
                                "--to",
                                suite.scratch("copy-\(node)")
                            )
                            #expect(try await areEqual(file, suite.scratch("copy-\(node)/file.bin")))
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `over ::1 it downloads from us and seeds to us`() async throws {
        try await RunningSuite.with(settings: ["peer.listen.host=::1"]) { suite in
            let ours = try suite.scratch.file("ours/ours.bin", size: 1 << 20)
            let theirs = try suite.scratch.file("theirs/theirs.bin", size: 1 << 20, seed: 2)
            let (one, other) = (suite.scratch("ours.torrent"), suite.scratch("theirs.torrent"))
            try await suite.succeed("create", ours, "-o", one)
            let created = try await suite.succeed("create", theirs, "-o", other, "--json")
            let infoHash = try #require(try created.json["info_hash_v1"].string)
            try await suite.succeed("add", one, "--to", suite.scratch("ours"))
            let us = "[::1]:\(try await suite.peerPort(of: "peer-node/1"))"
            try await Libtorrent.with(["listen_interfaces": "\"[::1]:0\""]) { client in
                let seeded = Placement(torrent: other, folder: suite.scratch("theirs"))
                try await client.add(seeded, usesTrackers: false)
                try await client.untilComplete("theirs.bin")
                let port = try await client.port
                try await suite.succeed(
                    "download",
                    other,
                    "--to",
                    suite.scratch("with us"),
                    "--peer",
                    "[::1]:\(port)"
                )
                #expect(try await areEqual(theirs, suite.scratch("with us/theirs.bin")))
                #expect(try await suite.torrent(infoHash, on: "peer-node/1")["progress"].number == 1)

                try await client.add(Placement(torrent: one, folder: suite.scratch("copy")), usesTrackers: false)
                try await client.connect(to: us)
                try await client.untilComplete("ours.bin")
                #expect(try await areEqual(ours, suite.scratch("copy/ours.bin")))
            }
        }
    }

    /// BEP 6 and BEP 21, as libtorrent writes them down: each side offers the fast extension, we say `have all` or `have
    /// none` in the place of a bitfield, and who has all says that it only uploads.
    @Test func `the fast extension and upload-only are agreed on`() async throws {
        try await RunningSuite.with { suite in
            let ours = try suite.scratch.file("ours/ours.bin", size: 1 << 20)
            let theirs = try suite.scratch.file("theirs/theirs.bin", size: 1 << 20, seed: 2)
            let (one, other) = (suite.scratch("ours.torrent"), suite.scratch("theirs.torrent"))
            try await suite.succeed("create", ours, "-o", one)
            try await suite.succeed("create", theirs, "-o", other)
            try await suite.succeed("add", one, "--to", suite.scratch("ours"))
            let us = "127.0.0.1:\(try await suite.peerPort(of: "peer-node/1"))"

            let downloading = try await Libtorrent.with { client in
                try await client.add(Placement(torrent: one, folder: suite.scratch("copy")), usesTrackers: false)
                try await client.connect(to: us)
                try await client.untilComplete("ours.bin")
                return try await client.wire()
            }
            #expect(downloading.contains { $0.contains("<== EXTENSIONS") && $0.contains("FAST") })
            #expect(downloading.contains { $0.contains("<== HAVE_ALL") })
            #expect(downloading.contains { $0.contains("==> HAVE_NONE") })
            #expect(downloading.contains { $0.contains("<== EXTENDED_HANDSHAKE") && $0.contains("'upload_only': 1") })

            let seeding = try await Libtorrent.with { client in
                try await client.add(Placement(torrent: other, folder: suite.scratch("theirs")), usesTrackers: false)
                try await client.untilComplete("theirs.bin")
                let port = try await client.port
                try await suite.succeed("download", other, "--to", suite.scratch("us"), "--peer", "127.0.0.1:\(port)")
                return try await client.wire()
            }
            #expect(seeding.contains { $0.contains("==> HAVE_ALL") })
            #expect(seeding.contains { $0.contains("<== HAVE_NONE") })
            #expect(try await areEqual(theirs, suite.scratch("us/theirs.bin")))
        }
    }
}
