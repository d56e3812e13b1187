import Foundation
import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Uploads through the tracker's web door` {
    /// `POST /api/tracker/upload` with curl: the parts as `-F` takes them; gives the status and the answer.
    func upload(_ parts: [String], to suite: RunningSuite) async throws -> (status: Int?, answer: JSON) {
        let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
        let posted = try await run(
            "curl",
            ["-s", "-w", "\n%{http_code}", "\(url)/api/tracker/upload"] + parts.flatMap { ["-F", $0] }
        )
        let lines = posted.output.split(separator: "\n", omittingEmptySubsequences: false)
        let answer = lines.dropLast().joined(separator: "\n")
        return (lines.last.flatMap { Int($0) }, answer.isEmpty ? .null : try JSON(parsing: answer))
    }

    @Test func `an uploaded file is tracked and seeded when the answer arrives`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let file = try suite.scratch.file("photo 1.bin", size: 20_000_001)
            let (status, answer) = try await upload(["file=@\(file)"], to: suite)
            #expect(status == 201)
            #expect(answer["name"].string == "photo 1.bin")
            #expect(answer["size"].int == 20_000_001)
            let infoHash = try #require(answer["info_hash"].string)
            let seeding = try #require(
                try await suite.succeed("list", "--json").jsonLines.first { $0["id"].string == infoHash }
            )
            #expect(seeding["state"].string == "seeding")
            let other = seeding["node"].string == "peer-node/1" ? "peer-node/2" : "peer-node/1"
            let magnet = try #require(answer["magnet"].string)
            try await suite.succeed("download", magnet, "--node", other, "--to", suite.scratch("copy"))
            #expect(try await areEqual(file, suite.scratch("copy/photo 1.bin")))
        }
    }

    @Test func `an uploaded folder keeps its relative paths`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let one = try suite.scratch.file("folder/one.bin", size: 70_000)
            let two = try suite.scratch.file("folder/sub/zwei ü.bin", size: 1_200_000, seed: 2)
            let (status, answer) = try await upload(
                ["file=@\(one);filename=folder/one.bin", "file=@\(two);filename=folder/sub/zwei ü.bin"],
                to: suite
            )
            #expect(status == 201, "\(answer)")
            #expect(answer["name"].string == "folder")
            let infoHash = try #require(answer["info_hash"].string)
            let holder = try await suite.torrent(infoHash, on: "peer-node/1")
            let other = holder == .null ? "peer-node/1" : "peer-node/2"
            try await suite.succeed(
                "download",
                "magnet:?xt=urn:btih:\(infoHash)",
                "--node",
                other,
                "--to",
                suite.scratch("copy")
            )
            #expect(try await areEqual(suite.scratch("folder"), suite.scratch("copy/folder")))
        }
    }

    @Test(arguments: ["../x", "/etc/x", "a/../../x"])
    func `a name that leaves the folder is refused`(name: String) async throws {
        try await RunningSuite.with { suite in
            let file = try suite.scratch.file("file.bin", size: 1000)
            let (status, answer) = try await upload(["file=@\(file);filename=\(name)"], to: suite)
            #expect(status == 422, "\(answer)")
            let left = try FileManager.default.subpathsOfDirectory(atPath: suite.home + "/uploads")
            #expect(left.isEmpty, "\(left)")
        }
    }
}
