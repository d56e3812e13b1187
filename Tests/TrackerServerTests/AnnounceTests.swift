import AnnounceDoors
import BitTorrentTypes
import Bencode
import Foundation
import Testing
import TrackerWire

@testable import TrackerServer

/// The doors of one operation.
enum Door: CaseIterable, Sendable {
    /// The engines themselves; the tracker's own HTTP door; the router behind it, with a query or JSON; UDP.
    case engine, query, routed, json, udp
}

/// What an announce got: either door's answer in one shape.
struct Announced: Equatable {
    var complete: Int?
    var incomplete: Int?
    var addresses: Set<String> = []
    var refusal: String?
}

/// Some client of a swarm.
struct Client: Sendable {
    var infoHash = "%01%02%03%04%05%06%07%08%09%0a%0b%0c%0d%0e%0f%10%11%12%13%ff"
    var id: Character = "a"
    var port = 6881
    var left = 100
    var event = ""
    var numwant: Int?
    var compact = true

    static let hex = "0102030405060708090a0b0c0d0e0f10111213ff"

    var query: String {
        "info_hash=\(infoHash)&peer_id=-XX0001-aaaaaaaaaaa\(id)&port=\(port)&uploaded=0&downloaded=0&left=\(left)"
            + (event.isEmpty ? "" : "&event=\(event)") + (numwant.map { "&numwant=\($0)" } ?? "")
            + "&compact=\(compact ? 1 : 0)"
    }

    func announce(to tracker: RunningTracker, by door: Door = .query) async throws -> Announced {
        switch door {
        case .engine: return try announceDirectly(to: tracker)
        case .udp: return try await announceByDatagram(to: tracker)
        case .query, .routed:
            // A body, even of no bytes, is nothing that the tracker's own door looks at.
            let headers = door == .routed ? ["Content-Length: 0"] : []
            let answer = try await tracker.get("/announce?" + query, headers: headers)
            #expect(answer.status == 200)
            do {
                let response = try AnnounceResponse.parse(answer.body)
                let addresses = Set(response.peers.map(\.address.description))
                return Announced(complete: response.complete, incomplete: response.incomplete, addresses: addresses)
            } catch {
                guard case .failure(let reason) = error else { throw error }
                return Announced(refusal: reason)
            }
        case .json:
            var content: [String: Any] = [
                "info_hash": Self.hex, "peer_id": "-XX0001-aaaaaaaaaaa\(id)", "port": port, "left": left,
            ]
            content["event"] = event
            content["numwant"] = numwant
            let body = Array(try JSONSerialization.data(withJSONObject: content))
            let answer = try await tracker.post("/api/tracker/announce", type: "application/json", body)
            let json = try answer.json
            guard answer.status == 200 else { return Announced(refusal: json["detail"] as? String) }
            let peers = try #require(json["peers"] as? [[String: Any]])
            let addresses = try peers.map { peer in
                let ip = try #require(peer["ip"] as? String)
                return "\(ip.contains(":") ? "[\(ip)]" : ip):\(try #require(peer["port"] as? Int))"
            }
            return Announced(
                complete: json["complete"] as? Int,
                incomplete: json["incomplete"] as? Int,
                addresses: Set(addresses)
            )
        }
    }
}

extension Client {
    private func request() throws -> AnnounceRequest { try AnnounceRequest.parse(query: Array(query.utf8)) }

    private func announceDirectly(to tracker: RunningTracker) throws -> Announced {
        let gate = tracker.server.gate
        let ip = try #require(IPAddress(tracker.host))
        do {
            return Announced(try tracker.server.catalogue.swarms.announce(try request(), from: ip, through: gate))
        } catch {
            return Announced(refusal: "\(error)")
        }
    }

    private func announceByDatagram(to tracker: RunningTracker) async throws -> Announced {
        let client = try tracker.datagrams()
        let packet = UDPTrackerRequest.announce(
            try request(),
            target: "/announce",
            connection: try await client.connect(),
            transaction: 99
        )
        switch UDPTrackerReply(try await client.ask(packet), isIPv6: tracker.host.contains(":")) {
        case .announced(let response): return Announced(response)
        case .refused(let reason): return Announced(refusal: reason)
        case .connected, .scraped, nil: throw POSIXError(.EPROTO)
        }
    }
}

extension Announced {
    fileprivate init(_ response: AnnounceResponse) {
        self.init(
            complete: response.complete,
            incomplete: response.incomplete,
            addresses: Set(response.peers.map(\.address.description))
        )
    }
}

@Suite struct `Announcing over HTTP` {
    @Test(arguments: Door.allCases, ["127.0.0.1", "::1"])
    func `joins, meets, completes and leaves the swarm`(door: Door, host: String) async throws {
        try await RunningTracker.with(host: host) { tracker async throws in
            let ip = host.contains(":") ? "[\(host)]" : host
            var seeder = Client(id: "s", port: 1001, left: 0, event: "started")
            var leecher = Client(id: "l", port: 1002, left: 5, event: "started")
            #expect(try await seeder.announce(to: tracker, by: door) == Announced(complete: 1, incomplete: 0))
            #expect(
                try await leecher.announce(to: tracker, by: door)
                    == Announced(complete: 1, incomplete: 1, addresses: ["\(ip):1001"])
            )
            seeder.event = ""
            #expect(try await seeder.announce(to: tracker, by: door).addresses == ["\(ip):1002"])
            (leecher.left, leecher.event) = (0, "completed")
            #expect(try await leecher.announce(to: tracker, by: door).complete == 2)
            seeder.event = "stopped"
            #expect(try await seeder.announce(to: tracker, by: door) == Announced(complete: 1, incomplete: 0))
            let scrape = try ScrapeResponse.parse(
                try await tracker.get("/scrape?info_hash=\(leecher.infoHash)").body
            )
            let numbers = try #require(scrape.torrents.values.first)
            #expect((numbers.complete, numbers.downloaded, numbers.incomplete) == (1, 1, 0))
        }
    }

    @Test func `gives dictionaries, rows of bytes, and the number that is wanted`() async throws {
        try await RunningTracker.with { tracker async throws in
            for port in 1...5 { _ = try await Client(id: Character("\(port)"), port: port).announce(to: tracker) }
            var client = Client(id: "z", port: 99, numwant: 2, compact: false)
            #expect(try await client.announce(to: tracker).addresses.count == 2)
            client.numwant = 0
            #expect(try await client.announce(to: tracker).addresses.isEmpty)
            client.numwant = -1
            #expect(try await client.announce(to: tracker).addresses.count == 5)
            client.numwant = 1_000_000_000
            let body = try await tracker.get("/api/tracker/announce?" + client.query).body
            let root = try BencodeNode.decode(body)
            #expect(root["peers"]?.list?.count == 5)
            #expect(root["peers"]?.list?.first?["peer id"]?.string?.count == 20)
            client.compact = true
            let rows = try BencodeNode.decode(try await tracker.get("/announce?" + client.query).body)
            #expect(rows["peers"]?.string?.count == 30)
        }
    }

    @Test func `believes the socket, not what is written`() async throws {
        try await RunningTracker.with { tracker async throws in
            let query = Client(id: "q").query + "&ip=8.8.8.8"
            _ = try await tracker.get(
                "/announce?" + query,
                headers: ["X-Forwarded-For: 9.9.9.9", "Forwarded: for=9.9.9.9"]
            )
            #expect(try await Client(id: "r", port: 2).announce(to: tracker).addresses == ["127.0.0.1:6881"])
        }
    }

    @Test(arguments: [
        "peer_id=-XX0001-aaaaaaaaaaaa&port=1&left=0",
        "info_hash=%01&peer_id=-XX0001-aaaaaaaaaaaa&port=1&left=0",
        "info_hash=\(String(repeating: "a", count: 19))&peer_id=-XX0001-aaaaaaaaaaaa&port=1&left=0",
        "info_hash=\(String(repeating: "a", count: 21))&peer_id=-XX0001-aaaaaaaaaaaa&port=1&left=0",
        "info_hash=\(Client.hex)&info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=1&left=0",
        "info_hash=%zz%02%03%04%05%06%07%08%09%0a%0b%0c%0d%0e%0f%10%11%12%13%14&peer_id=-XX0001-aaaaaaaaaaaa&port=1",
        "info_hash=\(Client.hex)&port=1&left=0", "info_hash=\(Client.hex)&peer_id=short&port=1&left=0",
        "info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=0&left=0",
        "info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=65536&left=0",
        "info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=-1&left=0",
        "info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=x&left=0",
        "info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=1&left=-1",
        "info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=1&left=0&uploaded=-1",
        "info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=1&uploaded=18446744073709551616",
        "info_hash=\(Client.hex)&peer_id=-XX0001-aaaaaaaaaaaa&port=1&left=many", "",
    ])
    func `refuses with a reason and status 200`(query: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.get("/announce?" + query)
            #expect(answer.status == 200)
            let root = try BencodeNode.decode(answer.body)
            #expect(root["failure reason"]?.string?.isEmpty == false)
            #expect(tracker.server.peerCount == 0)
        }
    }

    @Test func `takes an unknown event as a regular one and stores nothing for a stranger who stops`() async throws {
        try await RunningTracker.with { tracker async throws in
            _ = try await Client(event: "stopped").announce(to: tracker)
            #expect(tracker.server.peerCount == 0)
            _ = try await Client(event: "dancing").announce(to: tracker)
            #expect(tracker.server.peerCount == 1)
        }
    }

    @Test func `scrapes only what is named`() async throws {
        try await RunningTracker.with { tracker async throws in
            let all = try await tracker.get("/scrape")
            #expect(try BencodeNode.decode(all.body)["failure reason"] != nil)
            _ = try await Client().announce(to: tracker)
            // Ten thousand are no question of a client, whatever the door: nobody gets all that there is.
            for headers in [[], ["Content-Length: 0"]] {
                let query = (0..<10_000).map { String(format: "info_hash=%040x", $0) }.joined(separator: "&")
                let many = try await tracker.get("/scrape?" + query, headers: headers)
                #expect((400..<500).contains(many.status) || many.status == 0, "\(many.head)")
                let hundreds = (0..<90).map { String(format: "info_hash=%040x", $0) }.joined(separator: "&")
                let some = try await tracker.get("/scrape?" + hundreds, headers: headers)
                #expect(try ScrapeResponse.parse(some.body).torrents.isEmpty)
            }
            let unknown = try await tracker.get("/api/tracker/scrape?info_hash=" + String(repeating: "0", count: 40))
            #expect(try ScrapeResponse.parse(unknown.body).torrents.isEmpty)
        }
    }

    @Test(arguments: [
        "", "[]", "null", "{}", "{\"info_hash\":1}", "{\"info_hash\":\"\(Client.hex)\",\"peer_id\":\"a\",\"port\":1}",
        "{\"info_hash\":\"\(Client.hex)\",\"peer_id\":\"-XX0001-aaaaaaaaaaaa\",\"port\":1e400}",
        "{\"info_hash\":\"\(Client.hex)\",\"peer_id\":\"-XX0001-aaaaaaaaaaaa\",\"port\":65536}",
        "{\"info_hash\":\"\\ud800\",\"peer_id\":\"-XX0001-aaaaaaaaaaaa\",\"port\":1}",
        String(repeating: "[", count: 30_000), "{\"info_hash\":\"\(Client.hex)\"",
    ])
    func `says 400 to JSON that is no announce`(body: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.post("/api/tracker/announce", type: "application/json", Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.header("content-type") == "application/problem+json")
        }
    }

    @Test func `takes only JSON of a sensible size by POST`() async throws {
        try await RunningTracker.with { tracker async throws in
            let form = try await tracker.post("/api/tracker/announce", type: "application/x-www-form-urlencoded", [])
            #expect(form.status == 415)
            let large = [UInt8](repeating: 0x20, count: 100_000)
            #expect(try await tracker.post("/api/tracker/announce", type: "application/json", large).status == 413)
        }
    }

    @Test func `tracks only what is listed, when told so`() async throws {
        try await RunningTracker.with(change: { $0.mode = .listed }) { tracker async throws in
            for door in Door.allCases {
                #expect(try await Client().announce(to: tracker, by: door).refusal?.contains("not listed") == true)
            }
            tracker.server.catalogue.swarms.list(try #require(InfoHash(hex: Client.hex)))
            for door in Door.allCases { #expect(try await Client().announce(to: tracker, by: door).refusal == nil) }
        }
    }

    @Test func `knows its peers after a restart`() async throws {
        let folder = NSTemporaryDirectory() + "tracker-restart-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try await RunningTracker.start(in: folder) { tracker async throws in
            _ = try await Client(id: "s", port: 1001, left: 0).announce(to: tracker)
            return tracker.port
        }
        try await RunningTracker.start(in: folder) { tracker async throws in
            #expect(tracker.port == port, "torrents name the port, so it stays")
            let answer = try await Client(id: "l", port: 1002).announce(to: tracker)
            #expect(answer == Announced(complete: 1, incomplete: 1, addresses: ["127.0.0.1:1001"]))
        }
    }
}
