import BitTorrentTypes
import Foundation
import Metainfo
import Testing
import TrackerStore

@testable import TrackerServer

/// - Source: rows 157, 158 and 162 of the list of bad inputs, fault F21.
@Suite struct `Changing what the tracker has` {
    /// Every request that changes something, complete as far as its head.
    static let changes: [(method: String, path: String, type: String)] = [
        ("POST", "/api/tracker/upload", Form.type), ("POST", "/api/tracker/upload", "application/x-bittorrent"),
        ("PATCH", "/api/tracker/torrents/\(Client.hex)", "application/json"),
        ("DELETE", "/api/tracker/torrents/\(Client.hex)", "application/json"),
        ("POST", "/api/tracker/uploads/path", "application/json"),
        ("POST", "/api/tracker/tus", "application/offset+octet-stream"),
        ("PATCH", "/api/tracker/tus/abc", "application/offset+octet-stream"),
        ("DELETE", "/api/tracker/tus/abc", "application/offset+octet-stream"),
        ("POST", "/api/tracker/tus/finish", "application/json"),
    ]

    @Test(
        arguments: changes,
        [
            ("Host: evil.example", 421), ("Host: localhost.:PORT", 421), ("Host: localhost:1", 421),
            ("Host: localhost:PORT\r\nHost: localhost:PORT", 400), ("X: no host", 400),
            ("Host: localhost:PORT\r\nOrigin: http://evil.example", 403), ("Host: localhost:PORT\r\nOrigin: null", 403),
            ("Host: localhost:PORT\r\nSec-Fetch-Site: cross-site", 403),
        ]
    )
    func `is not for pages of others`(change: (method: String, path: String, type: String), head: (String, Int))
        async throws
    {
        try await RunningTracker.with { tracker async throws in
            let lines = head.0.replacingOccurrences(of: "PORT", with: "\(tracker.port)")
            let answer = try await tracker.send(
                "\(change.method) \(change.path) HTTP/1.1\r\n\(lines)\r\nContent-Type: \(change.type)\r\n"
                    + "Tus-Resumable: 1.0.0\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
            )
            #expect(answer.status == head.1, "\(answer.text)")
        }
    }

    @Test(arguments: [
        "/api/tracker/upload", "/api/tracker/uploads/path", "/api/tracker/tus", "/api/tracker/tus/finish",
        "/api/tracker/tus/abc",
    ])
    func `is never done by GET`(path: String) async throws {
        try await RunningTracker.with { tracker async throws in
            #expect(try await tracker.get(path).status == 405)
        }
    }

    @Test(arguments: ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
    func `is not done by the form of a page, except for uploads`(type: String) async throws {
        try await RunningTracker.with { tracker async throws in
            for path in ["/api/tracker/uploads/path", "/api/tracker/tus/finish"] {
                #expect(try await tracker.post(path, type: type, Array("path=/etc".utf8)).status == 415)
            }
        }
    }

    @Test(arguments: [
        "a", String(repeating: "a", count: 39), String(repeating: "a", count: 41), "..", "%00",
        String(repeating: "%D9%A1", count: 40), String(repeating: "g", count: 40),
    ])
    func `needs an info-hash`(id: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let path = "/api/tracker/torrents/\(id)"
            for answer in [try await tracker.patch(path, "{}"), try await tracker.get(path, method: "DELETE")] {
                #expect(answer.status == 400 || answer.status == 404 || answer.status == 405, "\(answer.text)")
            }
        }
    }

    @Test func `is refused for now when the database does not answer, and leaves nothing`() async throws {
        try await RunningTracker.with { tracker async throws in
            let torrent = try metainfo("one")
            _ = try await tracker.server.catalogue.register(metainfo: torrent.bytes)
            try tracker.store.close()
            let path = "/api/tracker/torrents/\(torrent.infoHash.hex)"
            for answer in [
                try await tracker.get("/api/tracker/torrents?q=one"), try await tracker.get(path),
                try await tracker.patch(path, "{}"), try await tracker.get(path, method: "DELETE"),
                try await tracker.upload(.file("x", [1])),
            ] {
                #expect(answer.status == 503, "\(answer.text)")
                #expect(answer.header("content-type") == "application/problem+json")
            }
            #expect(tracker.uploadFolders.isEmpty)
            #expect(tracker.torrents.additions.isEmpty)
        }
    }
}
