import AnnounceDoors
import BitTorrentTypes
import Foundation
import Testing
import TrackerEngine
import TrackerWire

@testable import TrackerServer

/// One address that announces without end; the limits are low here, so that their end is seen.
///
/// - Source: rows 120 and 121 of the list of bad inputs.
@Suite struct `One address that announces without end` {
    private static func hash(_ number: Int) -> [UInt8] {
        // Any bits decide in which part of the swarms a torrent is: each number is somewhere else in all of them.
        let word = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
        return withUnsafeBytes(of: (word.bigEndian, ~word.bigEndian)) { Array($0) } + [1, 2, 3, 4]
    }

    private static func announce(_ hash: [UInt8], peer: Int, port: Int) -> String {
        let id = "-XX0001-" + String(String(peer + 1_000_000_000_000).suffix(12))
        let query = "info_hash=\(PercentEncoding.encode(hash))&peer_id=\(id)&port=\(port)&left=1&compact=1"
        return "GET /announce?\(query)&numwant=0 HTTP/1.1\r\n\r\n"
    }

    /// Sends them all over a few connections; returns how many were taken.
    private func send(_ count: Int, to tracker: RunningTracker, _ announce: (Int) -> String) async throws -> Int {
        var taken = 0
        for start in stride(from: 0, to: count, by: 4_000) {
            let requests = (start..<min(start + 4_000, count)).map(announce).joined()
            let last = "GET /scrape HTTP/1.1\r\nConnection: close\r\n\r\n"
            let answer = try await tracker.send(requests + last)
            taken += answer.text.components(separatedBy: "8:interval").count - 1
        }
        return taken
    }

    private func counts(of hash: [UInt8], by tracker: RunningTracker) async throws -> ScrapeResponse.Torrent? {
        let answer = try await tracker.get("/scrape?info_hash=\(PercentEncoding.encode(hash))")
        return try ScrapeResponse.parse(answer.body).torrents.values.first
    }

    @Test func `for ever new torrents: the table has its end, and the oldest go`() async throws {
        try await RunningTracker.with(change: { $0.swarmLimits.unlistedTorrents = 1_600 }) { tracker async throws in
            let listed = Self.hash(-1)
            tracker.server.catalogue.swarms.list(InfoHash(loadingFrom: listed))
            let taken = try await send(20_000, to: tracker) { Self.announce(Self.hash($0), peer: 1, port: 6_881) }
            #expect(taken == 20_000)
            // A hundred in each part of the swarms.
            let stats = tracker.server.catalogue.swarms.stats()
            #expect(stats.torrents == 1_601)
            #expect(stats.peers == 1_600)
            for number in 19_900..<20_000 {
                #expect(try await counts(of: Self.hash(number), by: tracker)?.incomplete == 1)
            }
            for number in 0..<100 { #expect(try await counts(of: Self.hash(number), by: tracker) == nil) }
            #expect(try await counts(of: listed, by: tracker)?.incomplete == 0, "what is listed stays")
        }
    }

    @Test func `for one torrent under ever new ids: its swarm has its end, and others join`() async throws {
        try await RunningTracker.with(change: { $0.swarmLimits.peersPerTorrent = 500 }) { tracker async throws in
            let hash = Self.hash(0)
            let taken = try await send(20_000, to: tracker) { Self.announce(hash, peer: $0, port: $0 + 1) }
            #expect(taken == 20_000)
            #expect(try await counts(of: hash, by: tracker)?.incomplete == 500)
            #expect(tracker.server.peerCount == 500)
            // Whoever comes next is in, and is given others.
            let query = Self.announce(hash, peer: 30_000, port: 30_000).replacing(
                "numwant=0",
                with: "numwant=1000000000"
            )
            let answer = try await tracker.send(query.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))
            #expect(try AnnounceResponse.parse(answer.body).peers.count == 100)
            let peers = tracker.server.catalogue.swarms.peers(of: InfoHash(loadingFrom: hash))
            #expect(peers.count == 500)
            #expect(peers.contains { $0.address.port == 30_000 })
        }
    }

    @Test func `for one torrent from one port: it is one peer, however it calls itself`() async throws {
        try await RunningTracker.with { tracker async throws in
            let hash = Self.hash(0)
            #expect(try await send(4_000, to: tracker) { Self.announce(hash, peer: $0, port: 1) } == 4_000)
            #expect(tracker.server.peerCount == 1)
        }
    }

    @Test func `for all of its memory: past the limit of peers it is answered and forgotten`() async throws {
        try await RunningTracker.with(change: { $0.swarmLimits.peers = 160 }) { tracker async throws in
            let taken = try await send(4_000, to: tracker) { Self.announce(Self.hash($0 % 64), peer: $0, port: $0 + 1) }
            #expect(taken == 4_000)
            #expect(tracker.server.peerCount <= 160)
        }
    }
}
