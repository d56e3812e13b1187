import Foundation
import Testing

@testable import ControlCommands

/// The info-hash of our torrents against those of other makers, over the same files with the same parameters.
@Suite struct `Other makers of torrents` {
    enum Maker: String, CaseIterable {
        case mktorrent
        case transmissionCreate = "transmission-create"

        static let tracker = "http://tracker.example/announce"

        var path: String { "/usr/bin/\(rawValue)" }
        var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

        /// Private, 256 KiB pieces: transmission-create writes `private` in any case, so only private ones can be equal.
        func arguments(_ source: String, _ target: String) -> [String] {
            switch self {
            case .mktorrent: ["-p", "-l", "18", "-a", Self.tracker, "-o", target, source]
            case .transmissionCreate: ["-p", "-s", "256", "-t", Self.tracker, "-o", target, source]
            }
        }

        func make(_ source: String, _ target: String) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments(source, target)
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
    }

    @Test(
        .enabled("mktorrent or transmission-create is not installed") { Maker.allCases.allSatisfy(\.isInstalled) },
        arguments: Maker.allCases,
        ["file", "tree"]
    )
    func `give the same info-hash`(maker: Maker, kind: String) async throws {
        let folder = try TemporaryFolder()
        let source =
            kind == "file"
            ? try folder.write("data.bin", (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
            : try folder.writeTree("tree")
        try maker.make(source, "\(folder.path)/theirs.torrent")
        let ours = await Recording.p2pctl(
            arguments: [
                "create", source, "--private", "--piece-length", "256KiB", "--tracker", Maker.tracker, "-o",
                "\(folder.path)/ours.torrent", "--json",
            ]
        )
        let theirs = await Recording.p2pctl("inspect", "\(folder.path)/theirs.torrent", "--json")
        #expect(try ours.json["info_hash_v1"] as? String == theirs.json["info_hash_v1"] as? String)
        #expect(ours.status == .done)
    }

    @Test(.enabled("mktorrent is not installed") { Maker.mktorrent.isInstalled })
    func `mktorrent orders hidden, empty, mixed case and Unicode names alike`() async throws {
        let folder = try TemporaryFolder()
        for name in ["a-b", "a.txt", "a/z", "a/é", "a.d/k", "B/ü", "Z", "é", ".hidden/f", ".dot", "abc~"] {
            try folder.write("tree/\(name)", Array(name.utf8))
        }
        try folder.write("tree/empty", [])
        try Maker.mktorrent.make("\(folder.path)/tree", "\(folder.path)/theirs.torrent")
        let ours = await Recording.p2pctl(
            arguments: [
                "create", "\(folder.path)/tree", "--private", "--piece-length", "256KiB", "-o",
                "\(folder.path)/ours.torrent", "--json",
            ]
        )
        let theirs = await Recording.p2pctl("inspect", "\(folder.path)/theirs.torrent", "--json")
        #expect(try ours.json["info_hash_v1"] as? String == theirs.json["info_hash_v1"] as? String)
    }
}
