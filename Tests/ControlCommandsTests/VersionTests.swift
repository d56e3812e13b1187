import BitTorrentTypes
import Foundation
import Testing

@testable import ControlCommands

/// Hybrids and torrents of version 2, from the command line.
@Suite struct `Commands about hybrids and version 2` {
    private let folder: TemporaryFolder
    private var torrent: String { "\(folder.path)/t.torrent" }

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A tree that libtorrent, too, orders as its own loader wants it.
    private func writeTree() throws -> String {
        try folder.write("tree/a/x.bin", Array(repeating: 7, count: 700_000))
        try folder.write("tree/b/y.bin", Array(repeating: 9, count: 300_001))
        try folder.write("tree/c.txt", Array("hello".utf8))
        try folder.write("tree/d", [1])
        return "\(folder.path)/tree"
    }

    private func create(_ path: String, _ options: String...) async -> Recording {
        await Recording.p2pctl(
            arguments: ["create", path, "-o", torrent, "--json", "--no-date", "--piece-length", "64KiB"] + options
        )
    }

    /// The info-hashes are those that libtorrent 2.1.1 gives the same files.
    @Test(arguments: [
        (
            "--hybrid", "249b637c00fc4be42c1e7d75092d2d67696aa17c" as String?,
            "f3d2a4e90202f15d37b40a08f555a349c9bc034f0624c609a10b01192da1ed9a"
        ),
        ("--v2", nil, "bdfbb1418220c33bce5eac27b2870c89584c4d19b7f17ba278175496d935701b"),
    ])
    func `create, inspect, magnet and verify agree`(option: String, v1: String?, v2: String) async throws {
        let tree = try writeTree()
        let made = await create(tree, option)
        let json = try made.json
        #expect(made.status == .done, "\(made.errors)")
        #expect(json["info_hash_v1"] as? String == v1)
        #expect(json["info_hash_v2"] as? String == v2)
        #expect(json["size"] as? Int == 1_000_007)
        #expect(json["pieces"] as? Int == 18)
        let files = try #require(json["files"] as? [[String: Any]])
        #expect(files.compactMap { $0["path"] as? String } == ["a/x.bin", "b/y.bin", "c.txt", "d"])
        #expect(files.allSatisfy { ($0["pieces_root"] as? String)?.count == 64 })

        let inspected = await Recording.p2pctl("inspect", torrent, "--json")
        #expect(try inspected.json["info_hash_v2"] as? String == v2)
        #expect(try inspected.json["version"] as? String == String(option.dropFirst(2)))
        let page = await Recording.p2pctl("inspect", torrent)
        #expect(page.output.contains("info-hash v2  \(v2)\n"))
        #expect(page.output.contains("info-hash v1") == (v1 != nil))
        #expect(page.output.contains("4 files\n"))
        #expect(!page.output.contains(".pad"))

        let magnet = await Recording.p2pctl("magnet", torrent).output
        #expect(magnet.contains("xt=urn:btmh:1220\(v2)"))
        #expect(magnet.contains("xt=urn:btih:") == (v1 != nil))
        #expect(await Recording.p2pctl("inspect", magnet.trimmingCharacters(in: .newlines)).output.contains(v2))

        #expect(await Recording.p2pctl("verify", torrent, tree).status == .done)
    }

    @Test(arguments: ["--hybrid", "--v2"])
    func `verify names bad pieces and files`(option: String) async throws {
        let tree = try writeTree()
        _ = await create(tree, option)
        var bytes = [UInt8](repeating: 7, count: 700_000)
        bytes[70_000] = 8
        try folder.write("tree/a/x.bin", bytes)
        try FileManager.default.removeItem(atPath: "\(tree)/c.txt")
        let run = await Recording.p2pctl("verify", torrent, tree, "--json")
        #expect(run.status == .failed)
        #expect(try run.json["bad_pieces"] as? [Int] == [1, 16])
        #expect(try run.json["bad_files"] as? [String] == ["a/x.bin", "c.txt"])
        #expect(try run.json["good_pieces"] as? Int == 16)
        let text = await Recording.p2pctl("verify", torrent, tree).output
        #expect(text.contains("bad piece 1  a/x.bin: hash differs\n"))
    }

    @Test func `one file needs no padding, an empty file no tree`() async throws {
        let file = try folder.write("one", Array(repeating: 5, count: 100_000))
        #expect(try await create(file, "--hybrid").json["pieces"] as? Int == 2)
        #expect(await Recording.p2pctl("verify", torrent, file).status == .done)

        try folder.write("two/a", [1])
        try folder.write("two/empty", [])
        let two = await create("\(folder.path)/two", "--hybrid", "--force")
        #expect(two.status == .done, "\(two.errors)")
        let files = try #require(try two.json["files"] as? [[String: Any]])
        #expect(files.last?["pieces_root"] is NSNull)
        #expect(await Recording.p2pctl("verify", torrent, "\(folder.path)/two").status == .done)
        try FileManager.default.removeItem(atPath: "\(folder.path)/two/empty")
        #expect(await Recording.p2pctl("verify", torrent, "\(folder.path)/two").status == .failed)
    }

    @Test func `tiers of trackers, web seeds and the rest are in the torrent`() async throws {
        let file = try folder.write("one", [1])
        let made = await create(
            file,
            "--hybrid",
            "--tracker",
            "http://a/x?i=1,2,udp://b:1/",
            "--tracker",
            "https://c/",
            "--web-seed",
            "http://w/",
            "--private",
            "--source",
            "S",
            "--comment",
            "C"
        )
        let json = try made.json
        #expect(json["trackers"] as? [[String]] == [["http://a/x?i=1,2", "udp://b:1/"], ["https://c/"]])
        #expect(json["web_seeds"] as? [String] == ["http://w/"])
        #expect(json["private"] as? Bool == true)
        #expect(json["source"] as? String == "S")
        #expect(json["comment"] as? String == "C")
        #expect(json["creation_date"] is NSNull)
    }
}

@Suite struct `What is wrong with a piece of a hybrid` {
    private let expected = PieceHashes(sha1: [1], merkleRoot: [2])

    @Test func `is the data when both hashes differ, and the torrent when one does`() {
        func fault(_ sha1: UInt8, _ root: UInt8) -> String? {
            Verification.fault(of: .hashed(PieceHashes(sha1: [sha1], merkleRoot: [root])), expecting: expected)
        }
        #expect(fault(1, 2) == nil)
        #expect(fault(9, 9) == "hash differs")
        #expect(fault(1, 9) == "hash of version 2 differs, so the torrent is wrong")
        #expect(fault(9, 2) == "hash of version 1 differs, so the torrent is wrong")
        #expect(Verification.fault(of: .unreadable("gone"), expecting: expected) == "gone")
    }
}
