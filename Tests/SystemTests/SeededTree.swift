import RunningSuite
import Testing

/// A complete torrent on node 1 that takes a while to check, and no other peer anywhere.
struct SeededTree: Sendable {
    static let size = 768 << 20
    static let pieceLength = 256 << 10
    static let pieces = size / pieceLength

    let suite: RunningSuite
    let infoHash: String
    let tree: String

    static func with(workers: Int = 2, _ body: (SeededTree) async throws -> Void) async throws {
        try await RunningSuite.with(workers: workers) { suite in
            let tree = try suite.scratch.largeTree("payload/tree", size: size)
            // Else the node waits for the disk before it records what is checked.
            _ = try await run("sync", ["-f", tree])
            let file = suite.scratch("tree.torrent")
            // No tracker: nothing is fetched from anywhere.
            let created = try await suite.succeed("create", tree, "-o", file, "--piece-length", "256KiB", "--json")
            let infoHash = try #require(try created.json["info_hash_v1"].string)
            try await suite.succeed("add", file, "--to", suite.scratch("payload"), "--node", "peer-node/1")
            let torrent = SeededTree(suite: suite, infoHash: infoHash, tree: tree)
            try await torrent.untilChecked(.seeding)
            try await body(torrent)
        }
    }

    enum Outcome: String, Sendable {
        /// Every piece is good.
        case seeding
        /// Pieces are missing.
        case downloading
    }

    func state() async throws -> JSON { try await suite.torrent(infoHash, on: "peer-node/1") }

    /// Begins a check; returns when the node has taken the order.
    func recheck() async throws { try await suite.succeed("recheck", infoHash, "--no-wait") }

    func untilChecked(_ outcome: Outcome) async throws {
        try await suite.until("the torrent is checked and \(outcome.rawValue)") {
            try await state()["state"].string == outcome.rawValue
        }
    }

    /// Waits until a job of the check is with each of these workers.
    func untilGiven(to workers: Set<String>) async throws {
        try await suite.until("\(workers.sorted()) have jobs") {
            let busy = try await suite.openJobs().flatMap { $0["workers"].array.compactMap(\.string) }
            return workers.isSubset(of: busy)
        }
    }
}

extension RunningSuite {
    /// What `p2pctl jobs` lists: what runs or waits first, then what is over.
    func jobs() async throws -> [JSON] { try await succeed("jobs", "--json").jsonLines }

    /// The jobs that are not over.
    func openJobs() async throws -> [JSON] {
        try await jobs().filter { ["waiting", "running"].contains($0["state"].string) }
    }

    /// Bytes that the workers which run now have read from files in their lives.
    func bytesReadByWorkers() async throws -> [Int: Int] {
        var bytes: [Int: Int] = [:]
        for process in try await processes().values where process["role"].string == "hasher-worker" {
            guard let pid = process["pid"].int else { continue }
            bytes[pid] = try ProcessIO.bytesRead(by: pid)
        }
        return bytes
    }
}
