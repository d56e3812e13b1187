import Foundation
import RunningSuite

/// Torrents that are made here and posted to the tracker's catalogue: rows of a known size, without files.
struct TorrentPost: Sendable {
    let url: String
    let folder: String

    init(to suite: RunningSuite) async throws {
        guard let url = try await suite.succeed("status", "--json").json["http_url"].string else {
            throw SuiteFailure("the suite has no tracker")
        }
        self.url = url
        folder = suite.scratch("posts")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// What the tracker said; the code is 0 when nobody did.
    struct Answer: Sendable {
        let status: Int
        let type: String
        let body: String

        var infoHash: String? { status == 201 ? (try? JSON(parsing: body))?["info_hash"].string : nil }
    }

    /// Posts torrent number `number`, whose metainfo has about `size` bytes.
    func post(_ number: Int, size: Int = 1_000) async throws -> Answer {
        let pieces = max(1, size / 20)
        let name = "t\(number)"
        let hashes = (0..<pieces).map { String(format: "%08d-%011d", number, $0) }.joined()
        let info =
            "d6:lengthi\(pieces * 16_384)e4:name\(name.utf8.count):\(name)12:piece lengthi16384e"
            + "6:pieces\(hashes.utf8.count):\(hashes)e"
        let file = "\(folder)/\(number).torrent"
        try Data("d4:info\(info)e".utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        return try await ask([
            "-H", "Content-Type: application/x-bittorrent", "--data-binary", "@\(file)", "\(url)/api/tracker/upload",
        ])
    }

    /// Whether the tracker lists a torrent.
    func lists(_ infoHash: String) async throws -> Bool {
        try await ask(["\(url)/api/tracker/torrents/\(infoHash)"]).status == 200
    }

    func ask(_ arguments: [String]) async throws -> Answer {
        let asked = try await run("curl", ["-sS", "-m", "60", "-w", "\n%{http_code} %{content_type}"] + arguments)
        let lines = asked.output.split(separator: "\n", omittingEmptySubsequences: false)
        let last = lines.last?.split(separator: " ") ?? []
        return Answer(
            status: last.first.flatMap { Int($0) } ?? 0,
            type: last.dropFirst().joined(separator: " "),
            body: lines.dropLast().joined(separator: "\n")
        )
    }
}
