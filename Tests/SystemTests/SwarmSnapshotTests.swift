import Foundation
import Glibc
import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct `A killed tracker` {
    private static let hash = String(repeating: "ab", count: 20)

    private func announce(_ url: String, _ peer: Int) async throws -> Int? {
        let id = String(format: "-XX0001-%012d", peer)
        let query = "info_hash=\(Self.hash)&peer_id=\(id)&port=\(peer)&left=1&compact=1"
        let answer = try await run("curl", ["-s", "-m", "10", "\(url)?\(query)"]).output
        guard let range = answer.range(of: "5:peers") else { return nil }
        return Int(answer[range.upperBound...].prefix { $0 != ":" }).map { $0 / 6 }
    }

    @Test func `gives the peers that it knew in its first answer`() async throws {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: ["tracker.udp.port=0"]) { suite in
            let url = try #require(try await suite.succeed("status", "--json").json["tracker_announce_url"].string)
            for peer in 1...20 { #expect(try await announce(url, peer) == peer - 1) }
            let folder = suite.home + "/db/swarms"
            // A snapshot that was begun after the last announce has all twenty: 54 bytes each and some around them.
            try await eventually("the swarms are saved") {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                return try names.contains { name in
                    let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                    return (attributes[.size] as? Int ?? 0) >= 20 * 54
                }
            }
            let pid = try await suite.pid(of: "tracker-api/1")
            #expect(kill(pid, SIGKILL) == 0)
            var first: Int?
            let start = ContinuousClock.now
            while first == nil, start.duration(to: .now) < .seconds(30) {
                first = try await announce(url, 21)
                if first == nil { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(first == 20)
            #expect(try await suite.pid(of: "tracker-api/1") != pid)
        }
    }
}
