import RunningSuite
import Testing

/// Fault F20: a tracker that is gone, answers rubbish, comes back and goes again, as nodes live with it.
///
/// The ten minutes of an outage, and a thousand torrents that come back at once, are played in virtual time by the tests of
/// the announce timer; a tracker whose name moves to another address, by those of the announcer.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `A fickle tracker` {
    /// Longer than a node ever pauses while an outage is short.
    private let patience = Duration.seconds(120)

    @Test func `stops no transfer, and hears of each node when it is back, not more often than it should`() async throws
    {
        let tracker = try FickleTracker()
        defer { tracker.leave() }
        try await RunningSuite.with(nodes: 2) { suite in
            let size = 8 << 20
            let file = try suite.scratch.file("payload/file.bin", size: size)
            let torrent = suite.scratch("file.torrent")
            let created = try await suite.succeed(
                ["create", file, "-o", torrent, "--piece-length", "64KiB", "--tracker", tracker.url, "--json"]
            )
            let infoHash = try #require(try created.json["info_hash_v1"].string)
            @Sendable func status(_ node: String) async throws -> JSON {
                try await suite.succeed("trackers", infoHash, "--json").jsonLines
                    .first { $0["node"].string == node } ?? .null
            }

            // It is gone: nodes say so, and share all the same.
            try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "peer-node/1")
            try await suite.until("node 1 seeds") {
                try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
            }
            let link = try GatedLink(to: try await suite.peerPort(of: "peer-node/1"), allowing: size / 3)
            defer { link.close() }
            let copy = suite.scratch("copy")
            let address = "127.0.0.1:\(link.port)"
            try await suite.succeed("add", torrent, "--to", copy, "--node", "peer-node/2", "--peer", address)
            for node in ["peer-node/1", "peer-node/2"] {
                try await eventually("\(node) says that the tracker is gone") {
                    let tracker = try await status(node)
                    return tracker["working"] == .bool(false) && (tracker["failures"].int ?? 0) > 0
                }
            }
            try await suite.until("the download goes on") {
                try await suite.torrent(infoHash, on: "peer-node/2")["progress"].number ?? 0 >= 0.2
            }

            // It is back and talks rubbish: the nodes come by themselves, name it, and go on sharing.
            try tracker.come(.rubbish)
            for node in ["peer-node/1", "peer-node/2"] {
                try await eventually("\(node) says that the tracker talks rubbish", within: patience) {
                    try await status(node)["status"].string?.contains("is not a tracker's") == true
                }
            }
            link.allow(size / 3)
            try await suite.until("the download goes on") {
                try await suite.torrent(infoHash, on: "peer-node/2")["progress"].number ?? 0 >= 0.5
            }

            // It is itself again: each node says `started` once.
            tracker.turn(.honest)
            for node in ["peer-node/1", "peer-node/2"] {
                try await eventually("\(node) is tracked", within: patience) {
                    try await status(node)["working"] == .bool(true)
                }
            }
            let taken = tracker.announces.filter { $0.mood == .honest }
            #expect(taken.map(\.event) == ["started", "started"])
            #expect(Set(taken.map(\.peerID)).count == 2)

            // It goes again; what has to be told, the end of the download, waits for it.
            tracker.leave()
            link.allow(.max)
            try await suite.until("the download completes") {
                try await suite.torrent(infoHash, on: "peer-node/2")["state"].string == "seeding"
            }
            #expect(try await areEqual(file, copy + "/file.bin"))
            try await eventually("node 2 says that the tracker is gone") {
                try await status("peer-node/2")["working"] == .bool(false)
            }
            let before = tracker.announces.count
            try tracker.come(.honest)
            try await eventually("node 2 comes back", within: patience) { tracker.announces.count > before }
            #expect(tracker.announces.last?.event == "completed")
            // Two nodes, five turns of the tracker: a handful each, and never one after the other.
            #expect(tracker.announces.count <= 16, "\(tracker.announces)")
        }
    }
}
