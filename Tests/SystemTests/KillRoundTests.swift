import Foundation
import RunningSuite
import SeededRandom
import Testing

/// Fault F1: a peer-node is killed at any moment of a download, again and again.
///
/// `P2P_KILL_ROUNDS` says how often; the delays come from a seed, `P2P_KILL_SEED`, so that a round can be had again.
@Suite(.serialized, .timeLimit(.minutes(60))) struct `A downloading peer-node killed at any moment` {
    static let rounds = ProcessInfo.processInfo.environment["P2P_KILL_ROUNDS"].flatMap { Int($0) } ?? 3
    static let seed = ProcessInfo.processInfo.environment["P2P_KILL_SEED"].flatMap { UInt64($0) } ?? 20
    static let size = 6 << 20
    static let pieceLength = 64 << 10
    /// The launcher gives a process up that dies too often in a minute: a new suite every so often.
    static let roundsOfSuite = 3

    @Test func `fetches again at most what was not verified, and ends with the exact bytes`() async throws {
        var generator = SeededGenerator(seed: Self.seed)
        var left = Self.rounds
        while left > 0 {
            let count = min(left, Self.roundsOfSuite)
            left -= count
            let delays = (0..<count).map { _ in Duration.milliseconds(Int64(generator.next() % 1200)) }
            let shares = (0..<count).map { _ in Int(generator.next() % UInt64(Self.size)) }
            try await RunningSuite.with(nodes: 2) { suite in
                for round in 0..<count {
                    try await Self.round(in: suite, number: round, after: delays[round], holdingBackAt: shares[round])
                }
            }
        }
    }

    private static func round(
        in suite: RunningSuite,
        number: Int,
        after delay: Duration,
        holdingBackAt share: Int
    ) async throws {
        let name = "file-\(number).bin"
        let file = try suite.scratch.file("payload/\(name)", size: size, seed: UInt64(number) + 1)
        let torrent = suite.scratch("\(name).torrent")
        let created = try await suite.succeed("create", file, "-o", torrent, "--piece-length", "64KiB", "--json")
        let infoHash = try #require(try created.json["info_hash_v1"].string)
        try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "peer-node/1")
        try await suite.until("node 1 seeds") {
            try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
        }
        let link = try GatedLink(to: try await suite.peerPort(of: "peer-node/1"), allowing: share)
        defer { link.close() }
        let before = try await suite.processes()
        let pid = try await suite.pid(of: "peer-node/2")
        async let killed: Void = kill(pid, after: delay)
        // Also this may be cut short; then nothing was added, or it was.
        _ = try await suite.p2pctl(
            "add",
            torrent,
            "--to",
            suite.scratch("copy"),
            "--node",
            "peer-node/2",
            "--peer",
            "127.0.0.1:\(link.port)"
        )
        // Never more than is there in the end: a node that says less after its death has lost something.
        var verified = 0.0
        while isRunning(Int(pid)) {
            let shown = try await suite.p2pctl("list", "--json")
            let row = try shown.jsonLines.first { $0["node"].string == "peer-node/2" && $0["id"].string == infoHash }
            verified = max(verified, Double((row?["pieces_verified"].int ?? 0) * pieceLength) / Double(size))
        }
        try await killed
        let carried = link.carried
        try await suite.expectRestart(of: "peer-node/2", since: before)
        if try await suite.torrent(infoHash, on: "peer-node/2") == .null {
            try await suite.succeed(
                "add",
                torrent,
                "--to",
                suite.scratch("copy"),
                "--node",
                "peer-node/2",
                "--peer",
                "127.0.0.1:\(link.port)"
            )
        }
        link.allow(.max)
        try await suite.until("the download completes") {
            try await suite.torrent(infoHash, on: "peer-node/2")["state"].string == "seeding"
        }
        #expect(try await areEqual(file, suite.scratch("copy/\(name)")))
        let after = Double(link.carried - carried)
        let bound = Double(size) * (1 - verified) * 1.02 + Double(4 * pieceLength)
        #expect(after <= bound, "\(after) bytes came after the kill, \(verified) was verified (delay \(delay))")
    }

    /// The moment is what is tested: nothing is waited for.
    private static func kill(_ pid: Int32, after delay: Duration) async throws {
        try await Task.sleep(for: delay)
        try killNow(pid)
    }
}
