import Foundation
import Glibc
import Testing

@testable import ControlCommands

@Suite struct `Commands about torrent files` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func create(_ path: String, _ options: String...) async throws -> Recording {
        await Recording.p2pctl(
            arguments: ["create", path, "-o", "\(folder.path)/t.torrent", "--json", "--no-date"] + options
        )
    }

    @Test func `create, inspect, magnet and verify agree`() async throws {
        let tree = try folder.writeTree("tree")
        let made = try await create(tree, "--piece-length", "64KiB", "--tracker", "http://t/a", "--source", "S")
        let json = try made.json
        #expect(made.status == .done)
        #expect(json["name"] as? String == "tree")
        #expect(json["piece_length"] as? Int == 65_536)
        #expect(json["size"] as? Int == 1_000_007)
        #expect(json["info_hash_v2"] is NSNull)
        #expect(
            (json["files"] as? [[String: Any]])?.compactMap { $0["path"] as? String } == [
                "b-c/y.bin", "b.txt", "b/x.bin", "c",
            ]
        )

        let inspected = await Recording.p2pctl("inspect", "\(folder.path)/t.torrent", "--json")
        #expect(try inspected.json["info_hash_v1"] as? String == json["info_hash_v1"] as? String)
        #expect(try inspected.json["source"] as? String == "S")
        #expect(try inspected.json["trackers"] as? [[String]] == [["http://t/a"]])

        let magnet = await Recording.p2pctl("magnet", "\(folder.path)/t.torrent")
        #expect(magnet.output == "\(try #require(json["magnet"] as? String))\n")

        let good = await Recording.p2pctl("verify", "\(folder.path)/t.torrent", tree)
        #expect(good.status == .done)
        #expect(await Recording.p2pctl("verify", "\(folder.path)/t.torrent", folder.path).status == .done)
    }

    @Test func `the same files give the same torrent, byte for byte`() async throws {
        let tree = try folder.writeTree("tree")
        _ = try await create(tree)
        let first = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/t.torrent"))
        _ = try await create(tree, "--force", "--v1")
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/t.torrent")) == first)
    }

    @Test func `verify names bad pieces and files`() async throws {
        let tree = try folder.writeTree("tree")
        _ = try await create(tree, "--piece-length", "64KiB")
        try folder.write("tree/b/x.bin", Array(repeating: 7, count: 500_000))
        try folder.write("tree/c", [2])
        let run = await Recording.p2pctl("verify", "\(folder.path)/t.torrent", tree, "--json")
        #expect(run.status == .failed)
        #expect(try run.json["ok"] as? Bool == false)
        #expect(try run.json["bad_pieces"] as? [Int] == [12, 13, 14, 15])
        #expect(try run.json["bad_files"] as? [String] == ["b/x.bin"])
        #expect(run.errors.contains("4 of 16 pieces are bad"))
    }

    @Test func `create refuses what cannot be shared`() async throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/empty/inside",
            withIntermediateDirectories: true
        )
        let zero = try folder.write("zero", [])
        #expect(try await create("\(folder.path)/empty").errors.contains("holds no bytes"))
        #expect(try await create(zero).errors.contains("holds no bytes"))
        #expect(try await create("\(folder.path)/nowhere").status == .notFound)
        #expect(try await create("/").errors.contains("no name"))
        #expect(try await create("/dev/null").errors.contains("neither a file nor a folder"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/t.torrent"))
    }

    @Test func `create overwrites only when told to, and leaves nothing else behind`() async throws {
        let file = try folder.write("f", [1, 2, 3])
        #expect(try await create(file).status == .done)
        let again = try await create(file)
        #expect(again.status == .failed)
        #expect(again.errors.contains("--force"))
        #expect(try await create(file, "--force").status == .done)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["f", "t.torrent"])
    }

    @Test func `create says what it leaves out`() async throws {
        let tree = try folder.writeTree("tree")
        try FileManager.default.createSymbolicLink(atPath: "\(tree)/link", withDestinationPath: "c")
        #expect(mkfifo("\(tree)/pipe", 0o600) == 0)
        let run = try await create(tree)
        #expect(run.status == .done)
        #expect(run.errors.contains("left out: \(tree)/link (a symbolic link)"))
        #expect(run.errors.contains("left out: \(tree)/pipe (not a regular file)"))
    }

    @Test func `a file that changes after it was scanned is noticed`() throws {
        let file = try folder.write("f", [1, 2, 3])
        let scan = try ContentScan(of: file)
        try folder.write("f", [1, 2, 3, 4])
        #expect(throws: CommandFailure.self) { try scan.checkUnchanged() }
    }

    @Test(arguments: ["inspect", "bencode", "magnet"])
    func `what is no torrent file is refused without hanging`(command: String) async throws {
        #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
        let sparse = try folder.write("large.torrent", [])
        #expect(truncate(sparse, 11 << 20) == 0)
        let garbage = try folder.write("garbage.torrent", Array("d3:foo".utf8))
        for path in ["\(folder.path)/pipe", "/dev/zero", folder.path, sparse, garbage] {
            let run = await Recording.p2pctl(command, path)
            #expect(run.status == .failed)
            #expect(run.errors.split(separator: "\n").count == 1)
        }
        #expect(await Recording.p2pctl(command, "\(folder.path)/nowhere").status == .notFound)
    }

    @Test func `bencode shows bytes that are not UTF-8 as hex`() async throws {
        let file = try folder.write("b", Array("d1:a2:".utf8) + [0xFF, 0xFE] + Array("1:ni-7ee".utf8))
        let run = await Recording.p2pctl("bencode", file)
        #expect(run.output == #"{"a":{"hex":"fffe"},"n":-7}"# + "\n")
    }

    @Test func `inspect reads magnet links`() async throws {
        let hash = String(repeating: "ab", count: 20)
        let run = await Recording.p2pctl("inspect", "magnet:?xt=urn:btih:\(hash)&dn=a%1B%5B2J&tr=http://t/a", "--json")
        #expect(try run.json["info_hash_v1"] as? String == hash)
        #expect(!run.output.contains("\u{1b}"))
        #expect(await Recording.p2pctl("inspect", "magnet:?xt=urn:btih:12").status == .failed)
    }
}
