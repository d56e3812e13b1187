import Foundation
import RunningSuite
import Testing

/// A folder on another file system than the scratch folder, where there is one.
private struct ElsewhereFolder {
    let path: String

    init?(awayFrom scratch: String) {
        let files = FileManager.default
        path = "/dev/shm/p2p-test-" + String(UInt32.random(in: .min ... .max), radix: 36)
        guard let here = try? files.attributesOfItem(atPath: scratch)[.systemNumber] as? Int,
            let there = try? files.attributesOfItem(atPath: "/dev/shm")[.systemNumber] as? Int, here != there,
            (try? files.createDirectory(atPath: path, withIntermediateDirectories: true)) != nil
        else { return nil }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Moving a torrent's files` {
    private static let size = 48 << 20

    private func seeding(_ body: (RunningSuite, _ infoHash: String, _ file: String) async throws -> Void) async throws {
        try await RunningSuite.with { suite in
            let file = try suite.scratch.file("payload/file.bin", size: Self.size)
            let torrent = suite.scratch("file.torrent")
            let created = try await suite.succeed("create", file, "-o", torrent, "--json")
            let infoHash = try #require(try created.json["info_hash_v1"].string)
            try await suite.succeed("add", torrent, "--to", suite.scratch("payload"))
            try await suite.until("it seeds") {
                try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
            }
            try await body(suite, infoHash, file)
        }
    }

    private func untilThere(_ path: String, _ infoHash: String, _ suite: RunningSuite) async throws {
        try await suite.until("it seeds from the new place") {
            let torrent = try await suite.torrent(infoHash, on: "peer-node/1")
            return torrent["state"].string == "seeding" && torrent["path"].string == path
                && torrent["moving_to"] == .null
        }
    }

    @Test func `by the command: it is told where they are, and seeds from there`() async throws {
        try await seeding { suite, infoHash, file in
            let copy = suite.scratch("copy.bin")
            try FileManager.default.copyItem(atPath: file, toPath: copy)
            let moved = try await suite.succeed("move", infoHash, suite.scratch("new/place"), "--json").json
            #expect(moved["path"].string == suite.scratch("new/place/file.bin"))
            try await untilThere(suite.scratch("new/place/file.bin"), infoHash, suite)
            #expect(!FileManager.default.fileExists(atPath: file))
            #expect(try await areEqual(copy, suite.scratch("new/place/file.bin")))
            try suite.scratch.file("taken/file.bin", size: 1)
            let refused = try await suite.p2pctl("move", infoHash, suite.scratch("taken"))
            #expect(refused.code == 4)
            #expect(refused.error.contains(suite.scratch("taken/file.bin")), "\(refused.error)")
        }
    }

    @Test(arguments: [120, 200, 300])
    func `killed in the middle of a copy: whole in one place, and there in the end`(milliseconds: Int) async throws {
        try await seeding { suite, infoHash, file in
            guard let elsewhere = ElsewhereFolder(awayFrom: suite.scratch.path) else { return }
            defer { elsewhere.remove() }
            let copy = suite.scratch("copy.bin")
            try FileManager.default.copyItem(atPath: file, toPath: copy)
            let before = try await suite.processes()
            let pid = try await suite.pid(of: "peer-node/1")
            async let began = suite.p2pctl("move", infoHash, elsewhere.path, "--no-wait")
            try await Task.sleep(for: .milliseconds(milliseconds))
            try killNow(pid)
            _ = try await began
            // Before anything is mended: one of the two places has all of it.
            let isOld = try await areEqual(copy, file)
            let isNew = try await areEqual(copy, elsewhere.path + "/file.bin")
            #expect(isOld || isNew)
            try await suite.expectRestart(of: "peer-node/1", since: before)
            // The command may have come too late to be heard.
            let torrent = try await suite.torrent(infoHash, on: "peer-node/1")
            if torrent["path"].string == file, torrent["moving_to"] == .null {
                try await suite.succeed("move", infoHash, elsewhere.path)
            }
            try await untilThere(elsewhere.path + "/file.bin", infoHash, suite)
            #expect(try await areEqual(copy, elsewhere.path + "/file.bin"))
            try await suite.until("the old file is gone") { !FileManager.default.fileExists(atPath: file) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path) == ["file.bin"])
        }
    }
}
