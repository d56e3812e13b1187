import Foundation
import RunningSuite
import Testing

/// Fault F12: somebody does something to the file of a seeding node.
@Suite(.serialized, .timeLimit(.minutes(4))) struct `A file under a seeding node that is` {
    enum Deed: String, CaseIterable, Sendable { case altered, truncated, deleted, replaced }

    @Test(arguments: Deed.allCases)
    func `noticed and named; it is never written over, and no peer gets a wrong byte`(deed: Deed) async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 8 << 20)
            let torrent = suite.scratch("file.torrent")
            let created = try await suite.succeed("create", file, "-o", torrent, "--json")
            let infoHash = try #require(try created.json["info_hash_v1"].string)
            try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "peer-node/1")
            try await suite.until("node 1 seeds") {
                try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
            }
            let original = try Data(contentsOf: URL(filePath: file))
            switch deed {
            case .altered: try flipBit(in: file, at: 5_000_000)
            case .truncated: try #require(truncate(file, 3_000_000) == 0)
            case .deleted: try FileManager.default.removeItem(atPath: file)
            case .replaced:
                let other = try suite.scratch.file("payload/other", size: 8 << 20, seed: 9)
                try #require(rename(other, file) == 0)
            }
            let after = FileManager.default.contents(atPath: file)
            let port = try await suite.peerPort(of: "peer-node/1")
            try await suite.succeed(
                "add",
                torrent,
                "--to",
                suite.scratch("copy"),
                "--node",
                "peer-node/2",
                "--peer",
                "127.0.0.1:\(port)"
            )
            try await suite.until("the file is named") {
                let seeder = try await suite.torrent(infoHash, on: "peer-node/1")
                return seeder["state"].string == (deed == .deleted ? "missing" : "error")
                    && seeder["error"].string?.contains(file) == true
            }
            #expect(FileManager.default.contents(atPath: file) == after)
            // What the other node has of it is right.
            let leecher = try await suite.torrent(infoHash, on: "peer-node/2")
            #expect(leecher["hash_failed"].int == 0)
            try original.write(to: URL(filePath: file))
            if deed != .deleted { try await suite.succeed("resume", infoHash, "--node", "1") }
            // The other node knocks again when it thinks it right.
            try await suite.until("both have it", within: .seconds(180)) {
                let states = try await suite.succeed("list", "--json").jsonLines.map { $0["state"].string }
                return states == ["seeding", "seeding"]
            }
            #expect(try await areEqual(file, suite.scratch("copy/file.bin")))
        }
    }
}

/// Fault F10: the folder of a torrent goes away under it.
@Suite(.serialized, .timeLimit(.minutes(4))) struct `A folder under a node that is` {
    enum Deed: String, CaseIterable, Sendable { case removed, replaced, linked }

    @Test(arguments: Deed.allCases)
    func `gone: the torrent says so, others go on, and it comes back by itself`(deed: Deed) async throws {
        try await RunningSuite.with { suite in
            var ids: [String] = []
            for name in ["one", "two"] {
                let tree = try suite.scratch.tree("\(name)/tree-\(name)", seed: ids.isEmpty ? 1 : 50)
                let torrent = suite.scratch("\(name).torrent")
                let created = try await suite.succeed("create", tree, "-o", torrent, "--json")
                ids.append(try #require(try created.json["info_hash_v1"].string))
                try await suite.succeed("add", torrent, "--to", suite.scratch(name))
            }
            let (lost, other) = (ids[0], ids[1])
            for id in ids {
                try await suite.until("both seed") {
                    try await suite.torrent(id, on: "peer-node/1")["state"].string == "seeding"
                }
            }
            let files = FileManager.default
            let tree = suite.scratch("one/tree-one")
            try files.moveItem(atPath: tree, toPath: suite.scratch("away"))
            switch deed {
            case .removed: break
            case .replaced: try files.createDirectory(atPath: tree, withIntermediateDirectories: false)
            case .linked: try files.createSymbolicLink(atPath: tree, withDestinationPath: suite.scratch("two"))
            }
            try await suite.until("the lost folder is named") {
                let torrent = try await suite.torrent(lost, on: "peer-node/1")
                return ["missing", "error"].contains(torrent["state"].string)
                    && torrent["error"].string?.contains(tree) == true
            }
            #expect(try await suite.torrent(other, on: "peer-node/1")["state"].string == "seeding")
            if deed != .removed { try files.removeItem(atPath: tree) }
            try files.moveItem(atPath: suite.scratch("away"), toPath: tree)
            if deed == .linked { try await suite.succeed("resume", lost) }
            try await suite.until("it seeds again") {
                try await suite.torrent(lost, on: "peer-node/1")["state"].string == "seeding"
            }
        }
    }
}
