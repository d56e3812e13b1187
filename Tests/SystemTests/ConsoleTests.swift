import Foundation
import RunningSuite
import Testing

@Suite struct `The interface of the console` {
    @Test func `shows the torrents of the nodes and steers them`() async throws {
        try await RunningSuite.with { suite async throws in
            let file = suite.scratch("file")
            try Data(repeating: 7, count: 100_000).write(to: URL(filePath: file))
            let id = try #require(try await suite.succeed("seed", "--json", file).json["info_hash_v1"].string)
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string) + "/api/v1"

            func ask(_ method: String, _ path: String, _ body: String? = nil) async throws -> CommandResult {
                let content = body.map { ["-H", "Content-Type: application/json", "-d", $0] } ?? []
                return try await suite.runBeside(["curl", "-s", "-X", method] + content + [url + path])
            }
            func state() async throws -> String? { try await suite.torrent(id, on: "peer-node/1")["state"].string }

            let shown = try await ask("GET", "/torrents").json["items"].array.first
            #expect(shown?["id"].string == id)
            #expect(shown?["state"].string == "seeding")
            _ = try await ask("POST", "/torrents/\(id)/pause")
            #expect(try await state() == "paused")
            _ = try await ask("POST", "/torrents/\(id)/resume")
            #expect(try await state() == "seeding")
            let changed = try await ask("PATCH", "/torrents/\(id)", #"{"up_limit": 50000}"#).json["items"].array.first
            #expect(changed?["up_limit"].int == 50_000)
            let limits = try await ask("PATCH", "/nodes/1/limits", #"{"down_limit": 70000}"#).json
            #expect(limits["down_limit"].int == 70_000)
            #expect(try await ask("GET", "/torrents/\(id)").json["items"].array.first?["files"].array.count == 1)
            #expect(try await ask("DELETE", "/torrents/\(id)").output.isEmpty)
            #expect(try await ask("GET", "/torrents").json["items"].array.isEmpty)
            #expect(FileManager.default.fileExists(atPath: file))
            // The catalogue still has it, and its data lies where it was.
            #expect(try await ask("POST", "/torrents", "{\"info_hash\": \"\(id)\"}").json["id"].string == id)
        }
    }
}
