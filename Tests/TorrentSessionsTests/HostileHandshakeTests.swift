import BitTorrentTypes
import BusServices
import Foundation
import Testing

/// What comes before, or instead of, a right handshake: the connection ends, and the next peer is served.
@Suite(.timeLimit(.minutes(3))) struct `A hostile handshake` {
    /// Row 71: bytes that are no handshake end the connection at once, silence ends it after ten seconds.
    @Test(arguments: [
        "GET /announce HTTP/1.1\r\nHost: a\r\n\r\n", "\u{13}BitTorrent protocoL" + String(repeating: "x", count: 48),
        String(repeating: "\u{0}", count: 68), "\u{13}BitTorrent proto", "",
    ])
    func `that is none, or never ends`(text: String) async throws {
        try await expectDrop { peer, _ in try peer.send(Array(text.utf8)) }
    }

    @Test func `of one byte a second is cut off by a limit for all of it`() async throws {
        try await expectDrop { peer, victim in
            let handshake =
                [19] + Array("BitTorrent protocol".utf8) + [UInt8](repeating: 0, count: 8) + victim.infoHash.bytes
                + HostilePeer.peerID
            for byte in handshake {
                try peer.send([byte])
                // Waits a second for an answer or an end.
                if try peer.hasEnded(within: 1) { return }
            }
            Issue.record("a handshake of 68 seconds was heard to its end")
        }
    }

    @Test func `for a torrent that nobody here has`() async throws {
        try await expectDrop { peer, victim in
            let other = try #require(InfoHash(victim.infoHash.bytes.map { ~$0 }))
            try peer.send([19] + Array("BitTorrent protocol".utf8) + [UInt8](repeating: 0, count: 8) + other.bytes)
            try peer.send(HostilePeer.peerID)
        }
    }

    @Test func `that gives the node's own peer id`() async throws {
        try await expectDrop { peer, victim in
            let own = try HostilePeer(connectingTo: peer.remotePort).greet(victim.infoHash)
            try peer.greet(victim.infoHash, as: own)
        }
    }

    /// Runs `script` against a seeder, which is to close; then an honest leecher downloads all.
    private func expectDrop(_ script: @escaping @Sendable (HostilePeer, HostileMode.Victim) throws -> Void) async throws
    {
        let scene = try await HostileScene.shared.value
        let folder = try TemporaryFolder()
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            try await HostilePeer.run(seeder.address.port) { peer in
                do {
                    try script(peer, scene.victim)
                    try peer.untilClosed()
                } catch HostilePeer.Failure.closed {}
            }
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(scene.victim.infoHash, for: .seeding)
                #expect(scene.payload.equals(folder["leech"]))
            }
        }
    }
}
