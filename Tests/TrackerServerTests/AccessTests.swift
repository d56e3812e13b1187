import AnnounceDoors
import BitTorrentTypes
import Foundation
import Testing
import TrackerEngine
import TrackerWire

@testable import TrackerServer

/// Folders of lists; each goes with the tracker that reads it.
enum Lists {
    static func folder(_ files: [String: String]) -> String {
        let path = NSTemporaryDirectory() + "tracker-lists-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { write(text, to: name, in: path) }
        return path
    }

    static func write(_ text: String, to name: String, in folder: String) {
        try? text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }
}

@Suite struct `Access to the tracker` {
    @Test(arguments: Door.allCases)
    func `is refused to addresses and torrents that are denied, whatever the door`(door: Door) async throws {
        for (file, text, reason) in [
            ("torrents.deny", Client.hex.uppercased() + "\n", "torrent is not wanted on this tracker"),
            (
                "addresses.deny", "# nobody\r\n10.0.0.0/8\r\n127.0.0.0/8\r\n",
                "your address is not served by this tracker"
            ),
            ("addresses.allow", "192.0.2.0/24", "your address is not served by this tracker"),
        ] where door != .engine || file == "torrents.deny" {
            let folder = Lists.folder([file: text])
            try await RunningTracker.with(change: { $0.lists = folder }) { tracker async throws in
                #expect(try await Client().announce(to: tracker, by: door).refusal == reason)
                #expect(tracker.server.peerCount == 0)
            }
        }
    }

    @Test func `changes while the tracker runs`() async throws {
        let folder = Lists.folder(["addresses.allow": "not an address\n127.0.0.1"])
        try await RunningTracker.with(change: { $0.lists = folder }) { tracker async throws in
            #expect(try await Client().announce(to: tracker).refusal == nil)
            Lists.write("\(Client.hex)  # for a reason\nrubbish", to: "torrents.deny", in: folder)
            while try await Client().announce(to: tracker).refusal == nil { await Task.yield() }
            try FileManager.default.removeItem(atPath: folder + "/torrents.deny")
            while try await Client().announce(to: tracker).refusal != nil { await Task.yield() }
        }
    }

    @Test(arguments: [Door.query, .routed])
    func `of a private tracker is by passkey, to listed torrents`(door: Door) async throws {
        let folder = Lists.folder(["passkeys": "0123456789abcdef\nfedcba98\n"])
        let change: @Sendable (inout TrackerConfiguration) -> Void = {
            $0.mode = .private
            $0.lists = folder
        }
        try await RunningTracker.with(change: change) { tracker async throws in
            let headers = door == .routed ? ["Content-Length: 0"] : []
            func refusal(_ path: String) async throws -> String? {
                let answer = try await tracker.get(path + "?" + Client().query, headers: headers)
                guard answer.status == 200 else { return "\(answer.status)" }
                do {
                    _ = try AnnounceResponse.parse(answer.body)
                    return nil
                } catch {
                    guard case .failure(let reason) = error else { throw error }
                    return reason
                }
            }
            #expect(try await refusal("/announce") == "passkey is not known on this tracker")
            #expect(try await refusal("/0123456789abcdee/announce") == "passkey is not known on this tracker")
            #expect(try await refusal("/0123456789abcdef/announce") == "torrent is not listed on this tracker")
            tracker.server.catalogue.swarms.list(try #require(InfoHash(hex: Client.hex)))
            #expect(try await refusal("/fedcba98/announce") == nil)
            let scrape = try await tracker.get("/fedcba98/scrape?info_hash=\(Client.hex)", headers: headers)
            #expect(try ScrapeResponse.parse(scrape.body).torrents.count == 1)
            let without = try await tracker.get("/scrape?info_hash=\(Client.hex)", headers: headers)
            #expect(throws: TrackerReplyError.failure(reason: "passkey is not known on this tracker")) {
                try ScrapeResponse.parse(without.body)
            }
        }
    }

    @Test func `of a private tracker is by passkey in JSON too`() async throws {
        let folder = Lists.folder(["passkeys": "0123456789abcdef\n", "torrents.allow": Client.hex])
        let change: @Sendable (inout TrackerConfiguration) -> Void = {
            $0.mode = .private
            $0.lists = folder
        }
        try await RunningTracker.with(change: change) { tracker async throws in
            let body = Array("{\"info_hash\":\"\(Client.hex)\",\"peer_id\":\"-XX0001-aaaaaaaaaaaa\",\"port\":1}".utf8)
            for path in ["/api/tracker/announce", "/0123456789abcdee/announce", "/short/announce"] {
                let answer = try await tracker.post(path, type: "application/json", body)
                #expect(answer.status == 400, "\(path)")
                #expect(try answer.json["detail"] as? String == "passkey is not known on this tracker")
            }
            let path = "/0123456789abcdef/announce"
            let answer = try await tracker.post(path, type: "application/json; charset=utf-8", body)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try answer.json["incomplete"] as? Int == 1)
            #expect(tracker.server.peerCount == 1)
            // A page of another site may not announce for its visitors.
            let foreign = ["Origin: http://evil.example"]
            #expect(try await tracker.post(path, type: "application/json", body, headers: foreign).status == 403)
        }
    }

    @Test func `takes the word of who is trusted about its own address, and of proxies about others`() async throws {
        let change: @Sendable (inout TrackerConfiguration) -> Void = {
            $0.trusted = ["127.0.0.0/8"]
            $0.proxies = ["127.0.0.1"]
        }
        try await RunningTracker.with(change: change) { tracker async throws in
            func addresses() throws -> Set<String> {
                let hash = try #require(InfoHash(hex: Client.hex))
                return Set(tracker.server.catalogue.swarms.peers(of: hash).map(\.address.description))
            }
            _ = try await tracker.get("/announce?" + Client(id: "a").query + "&ip=198.51.100.7")
            #expect(try addresses() == ["198.51.100.7:6881"])
            for header in ["X-Forwarded-For: 1.2.3.4, 203.0.113.9", "x-forwarded-for:203.0.113.9"] {
                _ = try await tracker.get("/announce?" + Client(id: "b").query, headers: [header])
                #expect(try addresses() == ["198.51.100.7:6881", "203.0.113.9:6881"])
            }
            // Who came through the proxy is not trusted itself.
            _ = try await tracker.get(
                "/announce?" + Client(id: "c", port: 9).query + "&ip=198.51.100.8",
                headers: ["X-Forwarded-For: 2001:db8::5"]
            )
            #expect(try addresses() == ["198.51.100.7:6881", "203.0.113.9:6881", "[2001:db8::5]:9"])
            _ = try await tracker.get(
                "/announce?" + Client(id: "d", port: 10).query,
                headers: ["X-Forwarded-For: unknown"]
            )
            #expect(try addresses().contains("127.0.0.1:10"))
        }
    }

    @Test(arguments: [Door.query, .json, .udp, .routed])
    func `is limited for each address`(door: Door) async throws {
        try await RunningTracker.with(change: { $0.requestRate = 1 }) { tracker async throws in
            let reason = "too many requests from your address, come back later"
            let client = try tracker.datagrams()
            let id = try await client.connect()
            // A token comes back each second, so a slow machine needs more than the ten that an address has.
            for _ in 0..<1_000 {
                guard door == .udp else {
                    let refusal = try await Client().announce(to: tracker, by: door).refusal
                    if refusal == reason { return }
                    #expect(refusal == nil)
                    continue
                }
                client.send(UDPTrackerRequest.scrape([], connection: id, transaction: 1))
                let first = try await client.ask(UDPTrackerRequest.connect(transaction: 2))
                // Silence: the next answer is that to the question behind it.
                if first.count == 16 { return }
                _ = try await client.receive()
            }
            Issue.record("a thousand requests were served")
        }
    }
}
