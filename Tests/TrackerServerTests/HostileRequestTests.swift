import Testing

@testable import TrackerServer

/// What somebody may send who means no good; each answer is the exact one.
@Suite struct `The interface among hostile requests` {
    private static let path = "/api/v1/torrents/\(Client.hex)"

    private static func deep(_ levels: Int) -> String {
        String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }

    @Test(arguments: [
        "", "{", "[]", "1", "\"a\"", "{\"sequential\":1}", "{\"down_limit\":-1}", "{\"down_limit\":1e400}",
        "{\"down_limit\":1.5}", "{\"down_limit\":\"1\"}", "{\"seed_ratio\":true}", "{\"queue_move\":\"\\ud800\"}",
        "{\"sequential\":true,\"sequential\":false}", "{\"connections\":0}", "{\"nothing\":1}", deep(17),
        deep(30_000), "{\"sequential\":true} x", "{\"sequential\":true\u{0}}",
    ])
    func `say 400 to a change that makes no sense`(body: String) async throws {
        try await RunningTracker.with { tracker async throws in
            for (method, path) in [
                ("PATCH", Self.path), ("PATCH", "/api/v1/nodes/1/limits"), ("POST", "/api/tracker/announce"),
            ] {
                let headers = ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
                let answer = try await tracker.send(tracker.request(method, path, headers: headers) + body)
                #expect(answer.status == 400, "\(method) \(path) \(body.prefix(40))")
                #expect(answer.header("content-type") == "application/problem+json")
            }
        }
    }

    @Test func `stop reading a change that is too long`() async throws {
        try await RunningTracker.with { tracker async throws in
            for path in [Self.path, "/api/v1/nodes/1/limits"] {
                let headers = ["Content-Type: application/json", "Content-Length: 100000000"]
                let body = String(repeating: " ", count: 1 << 20)
                let answer = try await tracker.send(
                    tracker.request("PATCH", path, headers: headers) + body,
                    closing: true
                )
                #expect(answer.status == 413, "\(path)")
            }
        }
    }

    @Test(arguments: [
        String(repeating: "a", count: 39), "..%2f..", "%00", String(repeating: "%EF%BC%91", count: 40), "zz", "%ff",
        String(repeating: "a", count: 4000),
    ])
    func `say 400 to an id that is none`(id: String) async throws {
        try await RunningTracker.with { tracker async throws in
            for path in ["/api/v1/torrents/\(id)", "/api/v1/torrents/\(id)/peers", "/api/v1/nodes/\(id)/limits"] {
                #expect(try await tracker.get(path).status == 400, "\(path.prefix(60))")
            }
            #expect(try await tracker.get("/api/v1/jobs/\(id)/cancel", method: "POST").status == 400)
            #expect(try await tracker.get("/api/v1/torrents/\(id)", method: "DELETE").status == 400)
        }
    }

    @Test(arguments: ["/api/v1/torrents/", "/api/tracker/torrents/", "/api/tracker/peers/", "/api/tracker/tus/", "/"])
    func `send away an id of a megabyte`(path: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.get(path + String(repeating: "a", count: 1 << 20))
            #expect(answer.status == 414 || answer.status == 400 || answer.status == 0, "\(answer.head)")
            #expect(try await tracker.get("/health").status == 200)
        }
    }

    @Test(arguments: [
        "?node=launcher", "?node=peer-node/0", "?node=peer-node%2f1%00", "?node=tracker-api/1", "?node=", "?node=%ff",
    ])
    func `say 400 to a node that is none`(query: String) async throws {
        try await RunningTracker.with { tracker async throws in
            #expect(try await tracker.get("/api/v1/torrents" + query).status == 400)
        }
    }

    @Test func `read no hundred thousand levels of JSON`() async throws {
        try await RunningTracker.with { tracker async throws in
            let body = Array(Self.deep(100_000).utf8)
            for path in ["/api/tracker/announce", "/0123456789abcdef/announce", "/api/v1/torrents"] {
                #expect(try await tracker.post(path, type: "application/json", body).status == 413, "\(path)")
            }
        }
    }

    /// The interface fetches nothing for anybody.
    @Test(arguments: [
        "http://127.0.0.1:1/x.torrent", "http://169.254.169.254/latest/meta-data", "https://10.0.0.1/x.torrent",
        "file:///etc/passwd", "http://localhost/redirect",
    ])
    func `take no address to add from`(url: String) async throws {
        try await RunningTracker.with { tracker async throws in
            for key in ["url", "magnet", "info_hash", "torrent", "path"] {
                let body = Array("{\"\(key)\":\"\(url)\"}".utf8)
                let added = try await tracker.post("/api/v1/torrents", type: "application/json", body)
                #expect(added.status == 400 || added.status == 422, "\(key): \(added.text)")
                let uploaded = try await tracker.post("/api/tracker/upload", type: "application/json", body)
                #expect((400..<500).contains(uploaded.status), "\(key): \(uploaded.text)")
            }
            #expect(tracker.torrents.additions.isEmpty)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }

    @Test func `say 404 to what is not there, and 422 to what is no torrent`() async throws {
        try await RunningTracker.with { tracker async throws in
            #expect(try await tracker.get("/api/v1/torrents?node=peer-node/9").status == 404)
            #expect(try await tracker.get("/api/v1/nodes/9/limits").status == 404)
            #expect(try await tracker.get("/api/v1/torrents/\(Client.hex)/").status != 500)
            let type = "application/x-bittorrent"
            for bytes in [[], Array("d4:infod".utf8), Array(repeating: UInt8(ascii: "l"), count: 100_000)] {
                #expect(try await tracker.post("/api/v1/torrents", type: type, bytes).status == 422)
            }
            let unknown = Array("{\"info_hash\":\"\(Client.hex)\"}".utf8)
            #expect(try await tracker.post("/api/v1/torrents", type: "application/json", unknown).status == 404)
        }
    }

    @Test(arguments: ["GET", "POST"])
    func `change nothing by the wrong method`(method: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let paths =
                method == "GET"
                ? ["pause", "resume", "recheck", "announce"].map { "\(Self.path)/\($0)" } + ["/api/v1/jobs/1/cancel"]
                : [Self.path, "/api/v1/nodes/1/limits", "/api/v1/status", "/metrics", "/openapi.json"]
            for path in paths { #expect(try await tracker.get(path, method: method).status == 405, "\(path)") }
        }
    }

    @Test(arguments: [
        ("", 400), ("Host: evil.example\r\n", 421), ("Host: localhost.\r\n", 421), ("Host: localhost:1\r\n", 421),
    ])
    func `are refused under another name, the stream of events too`(host: String, status: Int) async throws {
        try await RunningTracker.with { tracker async throws in
            for path in ["/api/v1/events", "/api/v1/status", "/docs", "/openapi.json", "/metrics"] {
                let answer = try await tracker.send("GET \(path) HTTP/1.1\r\n\(host)Connection: close\r\n\r\n")
                #expect(answer.status == status, "\(path)")
            }
        }
    }
}
