import RunningSuite
import Testing

/// A process dies in the middle of a transfer with a foreign client: a link that holds back makes "the middle" a place to
/// stand in.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct `Killed in the middle of a transfer` {
    static let size = 8 << 20

    /// Our node 1 seeds a file to which no tracker leads.
    struct Seeding: Sendable {
        let suite: RunningSuite
        let file: String
        let torrent: String
        let infoHash: String
        let link: GatedLink

        var placement: Placement { Placement(torrent: torrent, folder: suite.scratch("copy")) }

        static func with(_ body: (Seeding) async throws -> Void) async throws {
            try await RunningSuite.with { suite in
                let file = try suite.scratch.file("payload/file.bin", size: size)
                let torrent = suite.scratch("file.torrent")
                let create = ["create", file, "-o", torrent, "--piece-length", "64KiB", "--json"]
                let infoHash = try #require(try await suite.succeed(create).json["info_hash_v1"].string)
                try await suite.succeed("add", torrent, "--to", suite.scratch("payload"))
                try await suite.until("we seed") {
                    try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
                }
                let link = try GatedLink(to: try await suite.peerPort(of: "peer-node/1"), allowing: size / 2)
                defer { link.close() }
                try await body(
                    Seeding(suite: suite, file: file, torrent: torrent, infoHash: infoHash, link: link)
                )
            }
        }

        /// libtorrent has begun; returns when a quarter is in its file.
        func begin(_ client: Libtorrent) async throws {
            try await client.add(placement, usesTrackers: false)
            try await client.connect(to: "127.0.0.1:\(link.port)")
            try await eventually("libtorrent has a quarter") { try await client.flush("file.bin") >= 0.25 }
        }

        /// The link is open; libtorrent dials again and gets the rest.
        func finish(_ client: Libtorrent) async throws {
            link.allow(.max)
            try await client.connect(to: "127.0.0.1:\(link.port)")
            try await client.untilComplete("file.bin")
            #expect(try await client.status(of: "file.bin")["failed"].int == 0)
            #expect(try await areEqual(file, suite.scratch("copy/file.bin")))
        }
    }

    @Test(.enabled(if: Libtorrent.missing == nil, "libtorrent is not installed: tools/setup --tests"))
    func `our seeder: libtorrent gets the rest from the next one on the same port`() async throws {
        try await Seeding.with { seeding in
            try await Libtorrent.with { client in
                try await seeding.begin(client)
                let port = try await seeding.suite.peerPort(of: "peer-node/1")
                try await seeding.suite.killAndAwait("peer-node/1")
                #expect(try await seeding.suite.peerPort(of: "peer-node/1") == port)
                try await seeding.finish(client)
            }
        }
    }

    @Test(.enabled(if: Libtorrent.missing == nil, "libtorrent is not installed: tools/setup --tests"))
    func `libtorrent: the next one gets from us what it lacks`() async throws {
        try await Seeding.with { seeding in
            try await Libtorrent.with { client in
                try await seeding.begin(client)
                try killNow(client.program.pid)
            }
            try await Libtorrent.with { client in
                try await client.add(seeding.placement, usesTrackers: false)
                let found = try await client.event("checked")["progress"].number ?? 0
                #expect(found >= 0.25)
                try await seeding.finish(client)
            }
            let seeder = try await seeding.suite.torrent(seeding.infoHash, on: "peer-node/1")
            #expect(seeder["state"].string == "seeding" && seeder["error"] == .null, "\(seeder)")
        }
    }

    @Test(.enabled(if: Aria2.missing == nil, "aria2c is not installed: tools/setup --tests"))
    func `our leecher while aria2 seeds: no verified piece is fetched again`() async throws {
        try await RunningSuite.with { suite in
            let size = Self.size
            let file = try suite.scratch.file("payload/file.bin", size: size)
            let announce = try #require(try await suite.succeed("status", "--json").json["tracker_announce_url"].string)
            let create = ["create", file, "--piece-length", "64KiB", "--json", "-o"]
            // The same torrent twice: aria2 tells our tracker where it listens, we know it by the link alone.
            let (theirs, ours) = (suite.scratch("theirs.torrent"), suite.scratch("ours.torrent"))
            try await suite.succeed(create + [theirs, "--tracker", announce])
            let infoHash = try #require(try await suite.succeed(create + [ours]).json["info_hash_v1"].string)
            let seeded = [Placement(torrent: theirs, folder: suite.scratch("payload"))]
            try await Aria2.with(seeded, scratch: suite.scratch) { aria2 in
                try await aria2.untilComplete(TorrentIdentity(name: "file.bin", infoHash: infoHash))
                try await eventually("aria2 seeds") { try await !suite.trackedPeers(of: infoHash).isEmpty }
                let seeder = try #require(try await suite.trackedPeers(of: infoHash).first)
                let link = try GatedLink(to: try #require(seeder["port"].int.flatMap(UInt16.init)), allowing: size / 2)
                defer { link.close() }
                try await suite.succeed("add", ours, "--to", suite.scratch("copy"), "--peer", "127.0.0.1:\(link.port)")
                try await suite.until("a third is verified") {
                    try await suite.torrent(infoHash, on: "peer-node/1")["progress"].number ?? 0 >= 0.33
                }
                try await suite.killAndAwait("peer-node/1")
                let kept = try await suite.torrent(infoHash, on: "peer-node/1")["bytes_verified"].int ?? 0
                #expect(kept >= size / 4)
                let carried = link.carried
                link.allow(.max)
                try await suite.until("the download completes") {
                    try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
                }
                #expect(try await areEqual(file, suite.scratch("copy/file.bin")))
                // Requests at the end may be made twice; what was verified, never.
                #expect(Double(link.carried - carried) <= Double(size - kept) * 1.1 + 1_048_576)
            }
        }
    }
}
