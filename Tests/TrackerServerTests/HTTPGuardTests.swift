import Foundation
import Testing

@testable import TrackerServer

@Suite struct `The HTTP server` {
    @Test(arguments: [
        "GARBAGE\r\n\r\n", "GET /health HTTP/1.1\nHost: localhost\n\n", "GET /announce HTTP/1.1\nHost: localhost\n\n",
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "a", count: 1_000_000) + "\r\n\r\n",
        "GET / HTTP/1.1\r\n" + (0..<1000).map { "X-\($0): a\r\n" }.joined() + "\r\n",
        String(repeating: "M", count: 8192) + " / HTTP/1.1\r\n\r\n",
    ])
    func `turns malformed requests away`(request: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.send(request)
            #expect(answer.status == 400 || answer.status == 0 || answer.status == 431, "\(answer.head)")
            #expect(try await tracker.get("/health").status == 200)
        }
    }

    @Test func `refuses a long target`() async throws {
        try await RunningTracker.with { tracker async throws in
            let short = try await tracker.get("/scrape?x=" + String(repeating: "a", count: 20_000))
            #expect((400..<500).contains(short.status))
            let long = try await tracker.get("/announce?x=" + String(repeating: "a", count: 100_000))
            #expect((400..<500).contains(long.status) || long.status == 0)
        }
    }

    @Test(arguments: [
        ("", 400), ("Host: evil.example\r\n", 421), ("Host: localhost\r\nHost: evil.example\r\n", 400),
        ("Host: localhost.\r\n", 421), ("Host: localhost:1\r\n", 421), ("Host: 127.0.0.1\r\n", 200),
        ("Host: LOCALHOST\r\n", 200), ("Host: [::1]\r\n", 200),
    ])
    func `answers for its own names only`(host: String, status: Int) async throws {
        try await RunningTracker.with { tracker async throws in
            let request = "GET /api/tracker/stats HTTP/1.1\r\n\(host)Connection: close\r\n\r\n"
            let answer = try await tracker.send(request)
            #expect(answer.status == status)
            let announce = "GET /announce?\(Client().query) HTTP/1.1\r\n\(host)Connection: close\r\n\r\n"
            let announced = try await tracker.send(announce)
            #expect(announced.status == 200)
        }
    }

    @Test(arguments: [
        ("GET", "/api/tracker/upload", "OPTIONS, POST"), ("DELETE", "/api/tracker/torrents", "GET, HEAD, OPTIONS"),
        ("POST", "/announce", "GET, HEAD, OPTIONS"), ("PUT", "/api/tracker/announce", "GET, HEAD, OPTIONS, POST"),
    ])
    func `names the methods that an address takes`(method: String, path: String, allowed: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.get(path, method: method)
            #expect(answer.status == 405)
            #expect(answer.header("allow") == allowed)
        }
    }

    @Test func `lets nobody hold a connection with half a request`() async throws {
        try await RunningTracker.with(change: { $0.idleTimeout = .seconds(1) }) { tracker async throws in
            let clock = ContinuousClock()
            let start = clock.now
            let answer = try await tracker.send("GET / HTTP/1.1\r\nHost: loc")
            #expect(answer.status == 0)
            let time = start.duration(to: clock.now)
            #expect(time < .seconds(15))
        }
    }

    @Test func `answers pipelined requests in order`() async throws {
        try await RunningTracker.with { tracker async throws in
            let one = "GET /api/tracker/torrents HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let answer = try await tracker.send(String(repeating: one, count: 200) + tracker.request("GET", "/nothing"))
            #expect(answer.text.components(separatedBy: "HTTP/1.1 200").count == 201)
            #expect(answer.text.components(separatedBy: "HTTP/1.1 404").count == 2)
        }
    }

    @Test func `says in one sentence why it does not listen`() async throws {
        try await RunningTracker.with { tracker async throws in
            let port = tracker.port
            await #expect(throws: TrackerServerError.portTaken(host: "127.0.0.1", port: port)) {
                try await RunningTracker.with(change: { $0.port = port }) { _ in }
            }
            await #expect(throws: TrackerServerError.notLoopback(host: "0.0.0.0")) {
                try await RunningTracker.with(host: "0.0.0.0") { _ in }
            }
            #expect("\(TrackerServerError.portTaken(host: "127.0.0.1", port: port))".contains("tracker.http.port"))
        }
    }
}

@Suite struct `Pages of other sites` {
    private static let site = "https://shop.example"

    @Test func `stay out when none is named`() async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.get("/api/tracker/stats", headers: ["Origin: \(Self.site)"])
            #expect(answer.status == 403)
            #expect(answer.header("access-control-allow-origin") == nil)
            let own = try await tracker.get("/api/tracker/stats", headers: ["Origin: http://localhost:\(tracker.port)"])
            #expect(own.status == 200)
            #expect(own.header("access-control-allow-origin") == nil)
        }
    }

    @Test func `come in when they are named, and no others`() async throws {
        try await RunningTracker.with(change: { $0.origins = [Self.site] }) { tracker async throws in
            let answer = try await tracker.get("/api/tracker/stats", headers: ["Origin: \(Self.site)"])
            #expect(answer.status == 200)
            #expect(answer.header("access-control-allow-origin") == Self.site)
            #expect(answer.header("vary") == "Origin")
            let preflight = try await tracker.get(
                "/api/v1/torrents/\(Client.hex)",
                headers: [
                    "Origin: \(Self.site)", "Access-Control-Request-Method: PATCH", "Sec-Fetch-Site: cross-site",
                ],
                method: "OPTIONS"
            )
            #expect(preflight.status == 204)
            #expect(preflight.header("access-control-allow-methods")?.contains("PATCH") == true)
            #expect(preflight.header("access-control-allow-headers")?.contains("Content-Type") == true)
            for other in ["https://shop.example.evil", "http://shop.example", "null", "https://shop.example:444"] {
                let refused = try await tracker.get("/api/tracker/stats", headers: ["Origin: \(other)"])
                #expect(refused.status == 403, "\(other)")
                #expect(refused.header("access-control-allow-origin") == nil)
            }
        }
    }

    @Test(arguments: [
        ("POST", "/api/v1/torrents"), ("DELETE", "/api/v1/torrents/\(Client.hex)"),
        ("PATCH", "/api/v1/torrents/\(Client.hex)"), ("POST", "/api/tracker/announce"),
    ])
    func `change nothing, nor does a form of theirs`(method: String, path: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let foreign = try await tracker.get(path, headers: ["Origin: \(Self.site)"], method: method)
            #expect(foreign.status == 403)
            let fetched = try await tracker.get(path, headers: ["Sec-Fetch-Site: cross-site"], method: method)
            #expect(fetched.status == 403)
            guard method != "DELETE" else { return }
            let form = ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 0"]
            #expect(try await tracker.get(path, headers: form, method: method).status == 415)
        }
    }
}
