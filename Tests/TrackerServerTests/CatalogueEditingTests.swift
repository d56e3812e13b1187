import BitTorrentTypes
import Foundation
import Metainfo
import Testing
import TrackerStore

@testable import TrackerServer

extension RunningTracker {
    func patch(_ target: String, _ body: String, type: String = "application/json") async throws -> RawAnswer {
        let headers = ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"]
        return try await send(request("PATCH", target, headers: headers) + body)
    }

    func names(_ query: String) async throws -> [String] {
        let json = try await get("/api/tracker/torrents?" + query).json
        return (json["items"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
    }
}

@Suite struct `Editing the catalogue over HTTP` {
    @Test func `says what a torrent is, finds it by that, and forgets it when it is unlisted`() async throws {
        try await RunningTracker.with { tracker async throws in
            let torrent = try metainfo("one")
            _ = try await tracker.server.catalogue.register(metainfo: torrent.bytes)
            let path = "/api/tracker/torrents/\(torrent.infoHash.hex)"
            let body = #"{"category": "Music", "tags": ["Piano", "live "], "description": "Gymnopédie\nNo. 1"}"#
            let answer = try await tracker.patch(path, body)
            #expect(answer.status == 200, "\(answer.text)")
            let partial = try await tracker.patch(path, #"{"category": "Classical"}"#)
            #expect(partial.status == 200)
            let json = try await tracker.get(path).json
            #expect(json["category"] as? String == "Classical")
            #expect(json["tags"] as? [String] == ["live", "piano"])
            #expect(json["description"] as? String == "Gymnopédie\nNo. 1")
            #expect(json["updated_at"] != nil)
            for query in ["q=gymnopedie", "category=Classical", "tag=piano,live", "q=piano&sort=relevance"] {
                #expect(try await tracker.names(query) == ["one"], "\(query)")
            }
            for query in ["tag=piano,none", "category=", "q=music", "min_size=101", "max_size=99", "private=true"] {
                #expect(try await tracker.names(query) == [], "\(query)")
            }
            let labels = try await tracker.get("/api/tracker/labels").json
            #expect((labels["categories"] as? [[String: Any]])?.first?["name"] as? String == "Classical")
            #expect((labels["tags"] as? [[String: Any]])?.count == 2)

            #expect(try await tracker.get(path, method: "DELETE").status == 204)
            #expect(try await tracker.get(path).status == 404)
            #expect(try await tracker.get(path, method: "DELETE").status == 404)
            #expect(try await tracker.patch(path, body).status == 404)
            #expect(try await tracker.names("q=gymnopedie") == [])
        }
    }

    @Test(arguments: [
        ("", 400), ("[]", 400), ("null", 400), (#"{"tags": "x"}"#, 400), (#"{"category": 5}"#, 400),
        (#"{"category": "a", "category": "b"}"#, 400), (#"{"description": 1e400}"#, 400),
        (#"{"description": "\ud800"}"#, 400), ("{\"tags\": " + String(repeating: "[", count: 50_000), 400),
        (#"{"category": "a\u0000b"}"#, 422), (#"{"tags": ["a,b"]}"#, 422),
        ("{\"category\": \"\(String(repeating: "x", count: 100))\"}", 422),
        ("{\"description\": \"\(String(repeating: "x", count: 20_000))\"}", 422),
        ("{\"description\": \"\(String(repeating: "x", count: 200_000))\"}", 413),
    ])
    func `refuses what is no change`(body: String, status: Int) async throws {
        try await RunningTracker.with { tracker async throws in
            let torrent = try metainfo("one")
            _ = try await tracker.server.catalogue.register(metainfo: torrent.bytes)
            let path = "/api/tracker/torrents/\(torrent.infoHash.hex)"
            let answer = try await tracker.patch(path, body)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.header("content-type") == "application/problem+json")
            #expect(try await tracker.patch(path, "{}", type: "text/plain").status == 415)
            #expect(try await tracker.store.torrent(torrent.infoHash)?.labels == TorrentLabels())
        }
    }

    @Test func `shows the info-hash of version 2 and sorts by peers`() async throws {
        try await RunningTracker.with { tracker async throws in
            let hybrid = try MetainfoBuilder(
                version: .hybrid,
                name: Array("both".utf8),
                files: ["a", "b"].map { (path: [Array($0.utf8)], length: 5) },
                isSingleFile: false,
                pieceLength: 16_384,
                pieceHashes: Array(repeating: 7, count: 40),
                pieceLayers: [Array(repeating: 1, count: 32), Array(repeating: 2, count: 32)]
            ).build()
            _ = try await tracker.server.catalogue.register(metainfo: hybrid.bytes)
            let json = try await tracker.get("/api/tracker/torrents/\(hybrid.infoHash.hex)").json
            #expect(json["info_hash_v2"] as? String == hybrid.infoHashV2?.hex)
            #expect((json["magnet"] as? String)?.contains("xt=urn:btmh:1220") == true)
            let peers = [hybrid.infoHash: PeerCounts(seeders: 1, leechers: 0)]
            _ = try await tracker.server.catalogue.register(metainfo: try metainfo("alone").bytes)
            try await tracker.store.saveCounts(peers)
            #expect(try await tracker.names("sort=seeders") == ["both", "alone"])
            #expect(try await tracker.names("sort=seeders&order=asc") == ["alone", "both"])
        }
    }

    @Test(arguments: ["min_size=x", "min_size=5&max_size=4", "private=maybe", "sort=metainfo", "order=sideways"])
    func `says 400 to a filter without meaning`(query: String) async throws {
        try await RunningTracker.with { tracker async throws in
            #expect(try await tracker.get("/api/tracker/torrents?" + query).status == 400)
        }
    }
}
