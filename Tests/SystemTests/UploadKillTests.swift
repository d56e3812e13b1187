import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Workers killed in the middle of an upload` {
    @Test func `half of them: the info-hash is that of a torrent made without them`() async throws {
        try await RunningSuite.with(workers: 4) { suite in
            let file = try suite.scratch.file("large.bin", size: 384 << 20)
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let frozen = try await FrozenWorkers(find: ["hasher-worker/2", "hasher-worker/4"], in: suite)
            let upload = try await HeldUpload(of: file, in: suite.scratch)
            async let posted = upload.post(to: "\(url)/api/tracker/upload")
            try await upload.isNearlyDone()
            frozen.freeze()
            try await upload.finish()
            try await suite.until("the frozen workers have jobs of the upload") {
                let uploads = try await suite.openJobs().filter { $0["kind"].string == "upload" }
                return frozen.names.isSubset(of: uploads.flatMap { $0["workers"].array.compactMap(\.string) })
            }
            frozen.kill()
            let answer = try await posted.json
            let created = try await suite.succeed(
                "create",
                file,
                "-o",
                suite.scratch("large.torrent"),
                "--piece-length",
                "\(try #require(answer["piece_length"].int))",
                "--json"
            )
            #expect(answer["info_hash"].string == (try created.json["info_hash_v1"].string))
        }
    }
}
