import AnnounceDoors
import BitTorrentTypes
import Bencode
import Foundation
import Testing
import TrackerEngine
import TrackerWire

@testable import TrackerServer

@Suite struct `The tracker's own HTTP door` {
    private func announce(_ more: String = "") -> String { "GET /announce?\(Client().query)\(more) HTTP/1.1\r\n" }

    @Test func `answers ten thousand pipelined requests in order`() async throws {
        try await RunningTracker.with { tracker async throws in
            let good = announce() + "Host: x\r\n\r\n"
            let bad = "GET /announce?port=1 HTTP/1.1\r\nHost: x\r\n\r\n"
            let last = "GET /scrape?info_hash=\(Client.hex) HTTP/1.1\r\nConnection: close\r\n\r\n"
            let answer = try await tracker.send(String(repeating: good + bad, count: 5_000) + last)
            let bodies = answer.text.components(separatedBy: "HTTP/1.1 200 OK\r\n").dropFirst()
            #expect(bodies.count == 10_001)
            #expect(bodies.dropLast().enumerated().allSatisfy { $1.contains("failure reason") == ($0 % 2 == 1) })
            #expect(bodies.last?.contains("5:files") == true)
        }
    }

    @Test func `hands over whatever is no announce, in the middle of a connection too`() async throws {
        try await RunningTracker.with { tracker async throws in
            let one = announce() + "\r\n"
            let other = "GET /api/tracker/stats HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let answer = try await tracker.send(one + other + one + tracker.request("GET", "/nothing"))
            let parts = answer.text.components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(parts.map { Int($0.prefix(3)) } == [200, 200, 200, 404])
            #expect(parts.map { $0.contains("8:interval") } == [true, false, true, false])
            #expect(answer.text.contains("Date: ") || answer.text.contains("date: "))
        }
    }

    @Test(arguments: ["Content-Length: 0", "Content-Length: 5", "Transfer-Encoding: chunked", "Expect: 100-continue"])
    func `leaves requests with a body to the server behind`(header: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let body = header.hasPrefix("T") ? "0\r\n\r\n" : header.hasSuffix("5") ? "abcde" : ""
            let answer = try await tracker.send(announce() + "Host: x\r\n\(header)\r\nConnection: close\r\n\r\n" + body)
            #expect(answer.status == 200 || answer.status == 400, "\(answer.head)")
        }
    }

    /// What lies in a body is no request, and what follows one is.
    @Test(arguments: [
        "Transfer-Encoding: chunked", "Content-Length: 49", "Content-Length: 49\r\nContent-Length: 4",
        "Content-Length: 49\r\nTransfer-Encoding: chunked", "Content-Length: 4, 49", "Content-Length: +49",
        "Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked",
    ])
    func `lets no request in through the body of another`(headers: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let hidden = "GET /announce?\(Client(id: "h", port: 9).query) HTTP/1.1\r\n\r\n"
            let size = hidden.utf8.count
            let sized = headers.replacing("49", with: "\(size)")
            let isChunked = headers == "Transfer-Encoding: chunked"
            let body = isChunked ? "\(String(size, radix: 16))\r\n\(hidden)\r\n0\r\n\r\n" : hidden
            let last = announce() + "Connection: close\r\n\r\n"
            let answer = try await tracker.send(announce() + "Host: x\r\n\(sized)\r\n\r\n" + body + last)
            let statuses = answer.text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
            // Either it is understood, and then the two are answered, or the connection ends there.
            if headers == "Content-Length: 49" {
                #expect(statuses == ["200", "200"], "\(answer.text)")
            } else if isChunked {
                // Refused, and the connection ends within a second; what follows the body may still be answered, no more.
                #expect(statuses == ["400"] || statuses == ["400", "200"], "\(answer.text)")
            } else {
                #expect(statuses == ["400"] || statuses.isEmpty, "\(answer.text)")
            }
            let peers = tracker.server.catalogue.swarms.peers(of: try #require(InfoHash(hex: Client.hex)))
            #expect(!peers.contains { $0.address.port == 9 })
        }
    }

    @Test func `closes when asked to, keeps otherwise, and closes after HTTP 1.0`() async throws {
        try await RunningTracker.with { tracker async throws in
            let closing = try await tracker.send(announce() + "Connection: close\r\n\r\n" + announce() + "\r\n")
            #expect(closing.header("connection") == "close")
            #expect(closing.text.components(separatedBy: "HTTP/1.1 200").count == 2)
            let old = try await tracker.send("GET /announce?\(Client().query) HTTP/1.0\r\n\r\n")
            #expect(old.header("connection") == "close")
            let kept = "GET /announce?\(Client().query) HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
            let both = try await tracker.send(kept + "GET /announce?\(Client().query) HTTP/1.0\r\n\r\n")
            #expect(both.text.components(separatedBy: "HTTP/1.1 200").count == 3)
            #expect(both.header("connection") == "keep-alive")
        }
    }

    @Test func `gives the same bytes as the server behind`() async throws {
        try await RunningTracker.with { tracker async throws in
            for peer in 0..<5 { _ = try await Client(id: Character("\(peer)"), port: 100 + peer).announce(to: tracker) }
            let query = Client(id: "0", port: 100, numwant: 0).query
            let own = try await tracker.get("/announce?" + query)
            let routed = try await tracker.get("/announce?" + query, headers: ["Content-Length: 0"])
            #expect(own.body == routed.body)
            #expect(own.header("content-type") == routed.header("content-type"))
            let many = try await tracker.get("/announce?" + Client(id: "0", port: 100).query)
            #expect(try AnnounceResponse.parse(many.body).peers.count == 4)
            #expect(try BencodeNode.decode(many.body)["peers"]?.string?.count == 24)
        }
    }

    @Test func `waits for a head in pieces, but not for ever`() async throws {
        try await RunningTracker.with(change: { $0.idleTimeout = .seconds(60) }) { tracker async throws in
            let (whole, _) = try await tracker.drip(
                announce() + "Connection: close\r\n\r\n",
                parts: 20,
                pause: .milliseconds(5)
            )
            #expect(whole.status == 200)
        }
        try await RunningTracker.with(change: { $0.idleTimeout = .seconds(1) }) { tracker async throws in
            let (cut, time) = try await tracker.drip(announce(), parts: 400, pause: .milliseconds(50))
            #expect(cut.status == 0)
            #expect(time < .seconds(15))
        }
    }

    @Test(arguments: [Door.query, .json, .routed])
    func `serves on while a thousand sockets say nothing`(door: Door) async throws {
        try await RunningTracker.with(change: { $0.idleTimeout = .seconds(2) }) { tracker async throws in
            let silent = try (0..<1_000).map { _ in try SilentSocket(host: tracker.host, port: tracker.port) }
            for _ in 0..<20 { #expect(try await Client().announce(to: tracker, by: door).refusal == nil) }
            // The idle time is short here: they are closed without a word.
            for socket in silent { #expect(try await socket.isClosed()) }
        }
    }
}
