import Foundation
import RunningSuite
import Testing

/// Fault F21: what can happen to the catalogue's database under a real tracker-api, and while none runs.
@Suite(.serialized, .timeLimit(.minutes(8))) struct `The tracker's database` {
    private static let quiet = ["tracker.udp.port=0"]

    private func restart(_ suite: RunningSuite) async throws {
        try await suite.start(nodes: 0, workers: 0, settings: Self.quiet)
    }

    @Test func `in other hands: writing is refused for now with 503, reading goes on, and then all is well`()
        async throws
    {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: Self.quiet) { suite in
            let post = try await TorrentPost(to: suite)
            let first = try #require(try await post.post(1).infoHash)
            try await ForeignDatabase.holding("IMMEDIATE", of: suite.home + "/db/p2p.db") { release in
                let refused = try await post.post(2)
                #expect(refused.status == 503, "\(refused)")
                #expect(refused.type == "application/problem+json")
                #expect(try await post.lists(first))
                #expect(try await post.ask(["\(post.url)/announce?"]).status == 200)
                try await release()
            }
            let second = try #require(try await post.post(2).infoHash)
            #expect(try await post.lists(first))
            #expect(try await post.lists(second))
            #expect(try await suite.processes()["tracker-api/1"]?["restarts"].int == 0)
        }
    }

    @Test func `in other hands at the start: the tracker says so and waits`() async throws {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: Self.quiet) { suite in
            let first = try #require(try await TorrentPost(to: suite).post(1).infoHash)
            try await suite.succeed("down")
            try await ForeignDatabase.holding("EXCLUSIVE", of: suite.home + "/db/p2p.db") { release in
                async let started: Void = restart(suite)
                try await suite.untilLogged(by: "tracker-api/1", "waiting for the database")
                try await release()
                try await started
            }
            #expect(try await TorrentPost(to: suite).lists(first))
            #expect(try await suite.processes()["tracker-api/1"]?["restarts"].int == 0)
        }
    }

    @Test func `with a page of rubbish is kept aside, told of, and a new one serves`() async throws {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: Self.quiet) { suite in
            let post = try await TorrentPost(to: suite)
            for number in 0..<10 { #expect(try await post.post(number, size: 30_000).status == 201) }
            try await suite.succeed("down")
            let path = suite.home + "/db/p2p.db"
            // The last to close it carries the log over, so that the pages are all in the file.
            #expect(try await ForeignDatabase.verdict(on: path) == "ok")
            var content = try Data(contentsOf: URL(filePath: path))
            try #require(content.count > 20 * 4096)
            for index in 4096..<5 * 4096 { content[index] = 0xA5 }
            try content.write(to: URL(filePath: path))
            try await restart(suite)
            try await suite.untilLogged(by: "tracker-api/1", "the database was damaged", ".corrupt-")
            let names = try FileManager.default.contentsOfDirectory(atPath: suite.home + "/db")
            let aside = try #require(names.first { $0.contains(".corrupt-") && $0.last?.isNumber == true }, "\(names)")
            // Looking at it wrote to its first pages; the rows of others are as they were.
            let kept = try Data(contentsOf: URL(filePath: "\(suite.home)/db/\(aside)"))
            #expect(kept.dropFirst(5 * 4096).starts(with: content.dropFirst(5 * 4096)))
            let again = try await TorrentPost(to: suite)
            let infoHash = try #require(try await again.post(99).infoHash)
            #expect(try await again.lists(infoHash))
        }
    }

    @Test func `whose log is cut anywhere has what was acknowledged before the cut`() async throws {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: Self.quiet) { suite in
            let path = suite.home + "/db/p2p.db"
            let post = try await TorrentPost(to: suite)
            var acknowledged: [(infoHash: String, logLength: Int)] = []
            for number in 0..<16 {
                let infoHash = try #require(try await post.post(number, size: 9_000).infoHash)
                acknowledged.append((infoHash, try Data(contentsOf: URL(filePath: path + "-wal")).count))
            }
            // As a power cut would leave them.
            let database = try Data(contentsOf: URL(filePath: path))
            let log = try Data(contentsOf: URL(filePath: path + "-wal"))
            try await suite.succeed("down")
            let frame = 24 + 4096
            let frames = (log.count - 32) / frame
            try #require(frames > 40)
            for cut in [0, 20, frames / 3, frames / 2, frames * 3 / 4, frames - 9, frames - 1, frames] {
                let length = cut == 0 ? 0 : min(log.count, 32 + cut * frame + (cut % 2) * 1_000)
                try? FileManager.default.removeItem(atPath: path + "-shm")
                try database.write(to: URL(filePath: path))
                try log.prefix(length).write(to: URL(filePath: path + "-wal"))
                try await restart(suite)
                let post = try await TorrentPost(to: suite)
                for row in acknowledged where row.logLength <= length {
                    #expect(try await post.lists(row.infoHash), "cut at \(length), acknowledged at \(row.logLength)")
                }
                #expect(try await post.post(1_000 + cut).status == 201)
                try await suite.succeed("down")
                #expect(try await ForeignDatabase.verdict(on: path) == "ok")
            }
        }
    }

    @Test(.enabled("needs the permission to mount a tmpfs") { await SmallDisk.isAvailable() })
    func `on a disk that is full at a checkpoint loses nothing, and goes on when there is room`() async throws {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: Self.quiet) { suite in
            try await suite.succeed("down")
            try await SmallDisk.with(suite.home, bytes: 32 << 20) { disk in
                try await restart(suite)
                let post = try await TorrentPost(to: suite)
                let path = suite.home + "/db/p2p.db"
                func size(_ path: String) -> Int {
                    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
                }
                var acknowledged: [String] = []
                var number = 0
                func next() async throws -> TorrentPost.Answer {
                    number += 1
                    let answer = try await post.post(number, size: 200_000)
                    if let infoHash = answer.infoHash { acknowledged.append(infoHash) }
                    return answer
                }
                // Until the log is as long as it gets and was carried over once: from here on it has room of its own, and
                // it is the database that has to grow.
                let start = size(path)
                while size(path) < start + 1 << 20 { try #require(try await next().status == 201) }
                try disk.fill()
                let before = (acknowledged.count, size(path))
                var last = try await next()
                while last.status == 201, acknowledged.count < before.0 + 200 { last = try await next() }
                #expect(acknowledged.count > before.0, "the log has room, so that a checkpoint comes")
                #expect(last.status == 503 || last.status == 507, "\(last)")
                #expect(last.type == "application/problem+json")
                // Reading, and the swarms, need no room.
                #expect(try await post.lists(acknowledged[0]))
                #expect(try await post.ask(["\(post.url)/announce?"]).status == 200)
                disk.release()
                #expect(try await next().status == 201)
                for infoHash in acknowledged { #expect(try await post.lists(infoHash)) }
                #expect(try await suite.processes()["tracker-api/1"]?["restarts"].int == 0)
                try await suite.succeed("down")
                #expect(try await ForeignDatabase.verdict(on: path) == "ok")
                try await restart(suite)
                let again = try await TorrentPost(to: suite)
                for infoHash in acknowledged { #expect(try await again.lists(infoHash)) }
                try await suite.succeed("down")
            }
        }
    }
}
