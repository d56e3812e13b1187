import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import Testing
import TrackerStore

@testable import TrackerServer

func metainfo(_ name: String, length: Int = 100) throws -> Metainfo {
    try MetainfoBuilder(
        name: Array(name.utf8),
        files: [(path: [], length: length)],
        isSingleFile: true,
        pieceLength: 16384,
        pieceHashes: Array(repeating: 7, count: 20 * ((length - 1) / 16384 + 1))
    ).build()
}

@Suite struct `The catalogue over HTTP` {
    @Test func `shows what was registered over the bus`() async throws {
        try await RunningTracker.with { tracker async throws in
            let torrent = try metainfo("<b>Ünï & \"co\"")
            let entry = try await tracker.server.catalogue.register(metainfo: torrent.bytes)
            #expect(entry.alreadyPresent == false)
            #expect(entry.announceURL == "http://127.0.0.1:\(tracker.port)/announce")
            #expect(try await tracker.server.catalogue.register(metainfo: torrent.bytes).alreadyPresent)
            #expect(try await tracker.server.catalogue.find(torrent.infoHash) == torrent.bytes)

            let hex = torrent.infoHash.hex
            for path in [hex, hex.uppercased()] {
                let json = try await tracker.get("/api/tracker/torrents/\(path)").json
                #expect(json["info_hash"] as? String == hex)
                #expect(json["name"] as? String == "<b>Ünï & \"co\"")
                #expect(json["size"] as? Int == 100)
                #expect((json["file_list"] as? [[String: Any]])?.count == 1)
                #expect((json["magnet"] as? String)?.hasPrefix("magnet:?xt=urn:btih:\(hex)") == true)
                #expect(json["torrent_url"] as? String == entry.torrentURL)
            }
            let file = try await tracker.get("/api/tracker/torrents/\(hex).torrent")
            #expect(file.body == torrent.bytes)
            #expect(file.header("content-type") == "application/x-bittorrent")
            #expect(try await tracker.get("/api/tracker/torrents/\(hex).torrent", method: "HEAD").body.isEmpty)
        }
    }

    @Test func `takes a hybrid by its version 1 and refuses version 2 alone`() async throws {
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
            #expect(json["size"] as? Int == 10)
            #expect((json["file_list"] as? [[String: Any]])?.count == 2)

            let alone = try MetainfoBuilder(
                version: .v2,
                name: Array("two".utf8),
                files: [(path: [], length: 5)],
                isSingleFile: true,
                pieceLength: 16_384,
                pieceLayers: [Array(repeating: 1, count: 32)]
            ).build()
            await #expect(throws: BusFault(.invalid, MetainfoError.versionTwoOnly.description)) {
                try await tracker.server.catalogue.register(metainfo: alone.bytes)
            }
        }
    }

    @Test func `pages, sorts, searches and tells who has peers`() async throws {
        try await RunningTracker.with { tracker async throws in
            for (number, name) in ["beta", "alpha", "gamma"].enumerated() {
                let torrent = try metainfo(name, length: 100 + number)
                _ = try await tracker.server.catalogue.register(metainfo: torrent.bytes)
                guard name == "beta" else { continue }
                var client = Client(left: 0)
                client.infoHash = torrent.infoHash.hex
                _ = try await client.announce(to: tracker)
            }
            func names(_ query: String) async throws -> [String] {
                let json = try await tracker.get("/api/tracker/torrents?" + query).json
                return (json["items"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
            }
            #expect(try await names("sort=name") == ["alpha", "beta", "gamma"])
            #expect(try await names("sort=size&order=desc") == ["gamma", "alpha", "beta"])
            #expect(try await names("sort=name&page=2&per_page=2") == ["gamma"])
            #expect(try await names("q=ALPH") == ["alpha"])
            #expect(try await names("q=%25") == [])
            #expect(try await names("state=seeded") == ["beta"])
            #expect(try await names("state=idle&sort=name") == ["alpha", "gamma"])
            let huge = try await tracker.get("/api/tracker/torrents?page=99999999999999999999&per_page=1000000000").json
            #expect(huge["per_page"] as? Int == 200)
            #expect(huge["total"] as? Int == 3)
            #expect(try await names("page=-1").count == 3)
        }
    }

    @Test(arguments: [
        "torrents?sort=;drop%20table%20torrents", "torrents?order=up", "torrents?state=x", "torrents?page=x",
        "torrents?q=%ff", "torrents?q=%zz", "torrents?per_page=", "torrents/\(String(repeating: "a", count: 39))",
        "torrents/..%2f..%2fetc", "torrents/%00", "torrents/\(String(repeating: "%EF%BC%91", count: 40))", "peers/zz",
        "torrents/.torrent",
    ])
    func `says 400 to what makes no sense`(path: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.get("/api/tracker/" + path)
            #expect(answer.status == 400)
            #expect(try answer.json["detail"] != nil)
        }
    }

    @Test(arguments: [
        "/api/tracker/torrents/\(Client.hex)", "/api/tracker/torrents/\(Client.hex).torrent", "/nothing", "/%2e%2e/x",
        "/api/tracker/peers/\(Client.hex)", "/api/tracker/torrents/../../etc/passwd", "/%5c",
        "/\(String(repeating: "a/", count: 500))",
    ])
    func `says 404 to what is not there`(path: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.get(path)
            #expect(answer.status == 404)
            #expect(answer.header("content-type") == "application/problem+json")
            #expect(try answer.json["action"] != nil)
        }
    }

    @Test func `lists peers and numbers`() async throws {
        try await RunningTracker.with { tracker async throws in
            _ = try await Client(id: "s", port: 1001, left: 0).announce(to: tracker)
            let peers = try await tracker.get("/api/tracker/peers/\(Client.hex)").json
            let peer = try #require((peers["items"] as? [[String: Any]])?.first)
            #expect(peer["address"] as? String == "127.0.0.1:1001")
            for key in ["client", "uploaded", "downloaded", "left", "last_seen"] { #expect(peer[key] != nil) }
            let stats = try await tracker.get("/api/tracker/stats").json
            #expect(stats["seeders"] as? Int == 1)
            #expect(stats["announces"] as? Int == 1)
            for key in ["torrents", "peers", "leechers", "completed", "bytes", "announce_rate", "uptime_s"] {
                #expect(stats[key] != nil)
            }
        }
    }

    @Test func `tells its health and shows a page`() async throws {
        try await RunningTracker.with { tracker async throws in
            let health = try await tracker.get("/health")
            #expect(health.status == 200)
            #expect(try health.json["status"] as? String == "ok")
            #expect(try await tracker.get("/health?role=peer-node").status == 200)
            try tracker.store.close()
            #expect(try await tracker.get("/health").status == 503)
            let page = try await tracker.get("/")
            #expect(page.header("content-security-policy")?.contains("default-src 'none'") == true)
            #expect(page.text.contains("<script") == false)
        }
    }
}
