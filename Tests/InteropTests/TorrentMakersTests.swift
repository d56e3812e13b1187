import Foundation
import RunningSuite
import Testing

/// The same file with the same parameters has the same info-hash, whoever makes the torrent.
@Suite(.timeLimit(.minutes(4))) struct `Info-hashes equal those of` {
    static let p2pctl = RunningSuite.binaries + "/p2pctl"

    /// Names in lower-case ASCII, visible and of files that are not empty: transmission-create sorts the others in ways of
    /// its own, or leaves them out.
    static func payload(in scratch: ScratchFolder, isTree: Bool) throws -> String {
        guard isTree else { return try scratch.file("payload/file with spaces.bin", size: 5_000_001) }
        for (number, name) in ["b.bin", "a/z.bin", "a/b/c.bin", "a.b/x", "u v/c.bin", "d", "a-b"].enumerated() {
            try scratch.file("payload/tree/\(name)", size: 70_000 * number + 1, seed: UInt64(number))
        }
        return scratch("payload/tree")
    }

    /// The info-hash of a .torrent file as we read it.
    static func infoHash(of torrent: String) async throws -> String {
        let inspected = try await run(p2pctl, ["inspect", torrent, "--json"])
        guard inspected.code == 0, let hash = try inspected.json["info_hash_v1"].string else {
            throw SuiteFailure("p2pctl inspect \(torrent): \(inspected.error)")
        }
        return hash
    }

    @Test(.enabled(if: isInstalled("mktorrent")), arguments: [false, true])
    func `mktorrent`(isTree: Bool) async throws {
        try await ScratchFolder.with { scratch in
            let path = try Self.payload(in: scratch, isTree: isTree)
            let made = try await run("mktorrent", ["-l", "18", "-o", scratch("m.torrent"), path])
            #expect(made.code == 0, "\(made)")
            let ours = try await run(
                Self.p2pctl,
                ["create", path, "--piece-length", "256KiB", "-o", scratch("o.torrent"), "--json"]
            )
            #expect(ours.code == 0, "\(ours)")
            #expect(try await ours.json["info_hash_v1"].string == Self.infoHash(of: scratch("m.torrent")))
        }
    }

    @Test(.enabled(if: isInstalled("transmission-create")), arguments: [false, true])
    func `transmission-create`(isTree: Bool) async throws {
        try await ScratchFolder.with { scratch in
            let path = try Self.payload(in: scratch, isTree: isTree)
            let made = try await run(
                "transmission-create",
                ["-p", "-t", "http://127.0.0.1:1/announce", "-s", "256", "-o", scratch("t.torrent"), path]
            )
            #expect(made.code == 0, "\(made)")
            let ours = try await run(
                Self.p2pctl,
                ["create", path, "--private", "--piece-length", "256KiB", "-o", scratch("o.torrent"), "--json"]
            )
            #expect(ours.code == 0, "\(ours)")
            #expect(try await ours.json["info_hash_v1"].string == Self.infoHash(of: scratch("t.torrent")))
        }
    }
}
