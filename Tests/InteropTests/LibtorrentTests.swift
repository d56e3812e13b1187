import Foundation
import RunningSuite
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(6)),
    .enabled(if: LibtorrentDriver.isInstalled, "libtorrent is not installed: tools/setup --tests")
)
struct `libtorrent` {
    /// Runs `p2pctl create`; gives what it printed.
    static func create(
        _ path: String,
        _ format: TorrentFormat,
        pieceLength: Int,
        to torrent: String
    ) async throws -> JSON {
        let made = try await run(
            RunningSuite.binaries + "/p2pctl",
            [
                "create", path, "-o", torrent, "--piece-length", "\(pieceLength)", "--\(format.rawValue)", "--no-date",
                "--json",
            ]
        )
        guard made.code == 0 else { throw SuiteFailure("\(made.command): exit \(made.code): \(made.error)") }
        return try made.json
    }

    /// Creates `path` in each format, and holds our info-hashes and data against libtorrent's view of them.
    static func compare(_ path: String, pieceLength: Int, in scratch: ScratchFolder) async throws {
        let theirs = try await LibtorrentDriver.hashes(of: path, pieceLength: pieceLength)
        var torrents: [(format: TorrentFormat, file: String, created: JSON)] = []
        for format in TorrentFormat.allCases {
            let file = scratch("\(format.rawValue).torrent")
            let created = try await create(path, format, pieceLength: pieceLength, to: file)
            torrents.append((format, file, created))
            let expected = try #require(theirs[format])
            // Then only its loader is a judge, below.
            guard expected.refusal == nil else { continue }
            #expect(created["info_hash_v1"].string == expected.infoHashV1, "\(format)")
            #expect(created["info_hash_v2"].string == expected.infoHashV2, "\(format)")
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let checks = try await LibtorrentDriver.check(torrents.map(\.file), in: folder)
        #expect(checks.count == torrents.count)
        for (torrent, check) in zip(torrents, checks) {
            #expect(check["progress"].number == 1, "\(torrent.format): \(check)")
            #expect(check["info_hash_v1"] == torrent.created["info_hash_v1"], "\(torrent.format)")
            #expect(check["info_hash_v2"] == torrent.created["info_hash_v2"], "\(torrent.format)")
        }
    }

    @Test(arguments: UInt64(1)...20)
    func `gives random trees the info-hashes that we give, and finds their data complete`(seed: UInt64) async throws {
        try await ScratchFolder.with { scratch in
            let tree = try DrawnTree(seed: seed, in: scratch)
            try await Self.compare(tree.path, pieceLength: tree.pieceLength, in: scratch)
        }
    }

    /// libtorrent makes hybrid torrents in the order of joined paths, and refuses to load them when that is not the order
    /// of the file tree: here `a.b` comes before `a/y` in the one and after it in the other.
    @Test func `loads our hybrid torrents where the order of paths is not that of the file tree`() async throws {
        try await ScratchFolder.with { scratch in
            for (number, name) in ["a/y", "a.b", "a-b/c", "b"].enumerated() {
                try scratch.file("payload/tree/\(name)", size: 40_000 + number, seed: UInt64(number))
            }
            let path = scratch("payload/tree")
            let theirs = try await LibtorrentDriver.hashes(of: path, pieceLength: 32 << 10)
            #expect(theirs[.hybrid]?.refusal != nil)
            try await Self.compare(path, pieceLength: 32 << 10, in: scratch)
        }
    }
}
