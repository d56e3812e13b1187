import Foundation
import RunningSuite
import Testing

/// Fault F3: tracker-api is killed in the middle of requests, transactions and flushes.
@Suite(.serialized, .timeLimit(.minutes(8))) struct `The tracker killed under a load of uploads` {
    /// What uploaders were told.
    private actor Ledger {
        private(set) var acknowledged: Set<String> = []
        private(set) var isOver = false

        func take(_ infoHash: String) { acknowledged.insert(infoHash) }
        func end() { isOver = true }
    }

    /// Uploads one small file after the other until the ledger is closed; a broken connection is no answer.
    private func upload(as uploader: Int, to url: String, in suite: RunningSuite, _ ledger: Ledger) async throws {
        var number = 0
        while await !ledger.isOver {
            number += 1
            let name = "u\(uploader)-\(number).bin"
            let file = try suite.scratch.file(name, size: 100_000 + number, seed: UInt64(uploader * 10_000 + number))
            let posted = try await run("curl", ["-s", "-w", "\n%{http_code}", "-F", "file=@\(file)", url])
            try FileManager.default.removeItem(atPath: file)
            let lines = posted.output.split(separator: "\n")
            guard lines.last == "201", let answer = lines.first,
                let infoHash = try JSON(parsing: String(answer))["info_hash"].string
            else { continue }
            await ledger.take(infoHash)
        }
    }

    @Test func `has every upload that it acknowledged, and a whole database`() async throws {
        try await RunningSuite.with { suite in
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let ledger = Ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for uploader in 1...4 {
                    group.addTask {
                        try await upload(as: uploader, to: "\(url)/api/tracker/upload", in: suite, ledger)
                    }
                }
                for _ in 1...3 {
                    let before = await ledger.acknowledged.count
                    try await eventually("more uploads are acknowledged") {
                        await ledger.acknowledged.count >= before + 4
                    }
                    try await suite.killAndAwait("tracker-api/1")
                }
                await ledger.end()
                try await group.waitForAll()
            }
            let acknowledged = await ledger.acknowledged
            #expect(acknowledged.count >= 12)
            for infoHash in acknowledged {
                let file = suite.scratch("\(infoHash).torrent")
                try await suite.fetchTorrent(infoHash, to: file)
                #expect(try await suite.succeed("inspect", "--json", file).json["info_hash_v1"].string == infoHash)
                let seeding = try await suite.torrent(infoHash, on: "peer-node/1")
                #expect(seeding["state"].string == "seeding", "\(infoHash): \(seeding)")
            }
            try await suite.succeed("down")
            let database = suite.home + "/db/p2p.db"
            #expect(try await ForeignDatabase.verdict(on: database) == "ok")
            // No folder without a torrent: what was not acknowledged is gone, or was finished after the kill.
            let paths = try await ForeignDatabase.ask("SELECT path FROM torrents", on: database)
            let folders = try FileManager.default.contentsOfDirectory(atPath: suite.home + "/uploads")
            #expect(Set(folders.filter { $0 != ".tus" }.map { suite.home + "/uploads/" + $0 }) == Set(paths))
        }
    }

    /// The file of the database is written to by checkpoints alone, so whoever sees it change is in the middle of one.
    @Test func `in the middle of a checkpoint, has every row that it acknowledged`() async throws {
        let rounds = ProcessInfo.processInfo.environment["P2P_KILL_ROUNDS"].flatMap { Int($0) } ?? 3
        try await RunningSuite.with(nodes: 0, workers: 0) { suite in
            let post = try await TorrentPost(to: suite)
            let database = suite.home + "/db/p2p.db"
            let ledger = Ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for poster in 1...2 {
                    group.addTask {
                        var number = poster * 100_000
                        while await !ledger.isOver {
                            number += 1
                            guard let infoHash = try await post.post(number, size: 200_000).infoHash else { continue }
                            await ledger.take(infoHash)
                        }
                    }
                }
                for _ in 0..<rounds {
                    let before = try await suite.processes()
                    let pid = try await suite.pid(of: "tracker-api/1")
                    try await withDeadline(.seconds(60), "a checkpoint writes to the database") {
                        await killed(pid, whenChanged: database)
                    }
                    try await suite.expectRestart(of: "tracker-api/1", since: before)
                }
                await ledger.end()
                try await group.waitForAll()
            }
            let acknowledged = await ledger.acknowledged
            #expect(acknowledged.count > rounds)
            for infoHash in acknowledged { #expect(try await post.lists(infoHash)) }
            try await suite.succeed("down")
            #expect(try await ForeignDatabase.verdict(on: database) == "ok")
            let names = try FileManager.default.contentsOfDirectory(atPath: suite.home + "/db")
            #expect(!names.contains { $0.contains(".corrupt-") }, "\(names)")
        }
    }

    /// Kills a process at the first write to a file.
    private func killed(_ pid: Int32, whenChanged path: String) async {
        func mark() -> [Int] {
            var status = stat()
            guard stat(path, &status) == 0 else { return [] }
            return [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        }
        let before = mark()
        // Nobody tells of a write but the file itself.
        while mark() == before, !Task.isCancelled { await Task.yield() }
        kill(pid, SIGKILL)
    }

    @Test func `goes on with a resumable upload where it was`() async throws {
        try await RunningSuite.with { suite in
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let file = try suite.scratch.file("large.bin", size: 9 << 20)
            let version = ["-H", "Tus-Resumable: 1.0.0"]
            let created = try await run(
                "curl",
                ["-sS", "-D", "-", "-X", "POST"] + version + [
                    "-H", "Upload-Length: \(9 << 20)", "-H", "Upload-Metadata: filename bGFyZ2UuYmlu",
                    "\(url)/api/tracker/tus",
                ]
            )
            let path = try #require(header("location", in: created.output))
            for number in 0..<3 {
                let piece = try await run(
                    "sh",
                    [
                        "-c",
                        """
                        tail -c +\(1 + number * (3 << 20)) "$1" | head -c \(3 << 20) | curl -sS -D - -X PATCH --data-binary @- \
                        -H 'Tus-Resumable: 1.0.0' -H 'Content-Type: application/offset+octet-stream' \
                        -H 'Upload-Offset: \(number * (3 << 20))' "$2"
                        """, "sh", file, url + path,
                    ]
                )
                #expect(header("upload-offset", in: piece.output) == "\((number + 1) * (3 << 20))", "\(piece)")
                guard number < 2 else { continue }
                try await suite.killAndAwait("tracker-api/1")
                let asked = try await run("curl", ["-sS", "-I"] + version + [url + path])
                #expect(header("upload-offset", in: asked.output) == "\((number + 1) * (3 << 20))", "\(asked)")
            }
            let id = path.split(separator: "/").last ?? ""
            let finished = try await run(
                "curl",
                [
                    "-sS", "-H", "Content-Type: application/json", "-d", "{\"uploads\": [\"\(id)\"]}",
                    "\(url)/api/tracker/tus/finish",
                ]
            )
            let infoHash = try #require(try finished.json["info_hash"].string, "\(finished)")
            let seeding = try await suite.torrent(infoHash, on: "peer-node/1")
            #expect(seeding["state"].string == "seeding")
            let folder = try #require(seeding["path"].string)
            #expect(try await areEqual(file, folder))
        }
    }

    private func header(_ name: String, in answer: String) -> String? {
        answer.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix(name + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }
}
