import BitTorrentTypes
import BusServices
import Foundation
import PeerEngine
import Testing
import TorrentSessions

/// Peers that give little or nothing and take all the time there is; the node's own patience is made short.
@Suite(.timeLimit(.minutes(5))) struct `A peer that tries the patience of a node` {
    /// Row 82: what is queued for a peer that does not read is bounded, and the peer is closed.
    @Test func `by asking and never reading: takes no more than a window, and is closed`() async throws {
        let scene = try await HostileScene.shared.value
        let (folder, log) = (try TemporaryFolder(), PeerLog())
        var engine = EngineSettings()
        engine.unreadLimit = .seconds(1)
        try await RunningNode.with(1, in: folder, log: log, engine: engine) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            let id = scene.victim.infoHash
            let end = Ending()
            let (ports, connected) = AsyncStream.makeStream(of: UInt16.self)
            async let reader: Void = HostilePeer.run(seeder.address.port) { peer in
                defer { connected.finish() }
                try peer.greet(id)
                try peer.send(WireID.interested)
                _ = try peer.next(WireID.unchoke)
                let body = HostilePeer.number(0) + HostilePeer.number(0) + HostilePeer.number(16_384)
                try peer.send((0..<1_900).flatMap { _ in HostilePeer.frame(WireID.request, body) })
                connected.yield(peer.port)
                connected.finish()
                // The socket stays open meanwhile.
                while !end.hasCome { usleep(10_000) }
            }
            for await port in ports {
                #expect(await log.reason(ofPeerFrom: port) == "asks for blocks and does not read them")
            }
            end.come()
            try await reader
            // Of 30 MB: what the buffers of the sockets hold, and one window.
            #expect(try await seeder.service.show(id).summary.uploaded < 12 << 20)
            // Others are served.
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(id, for: .seeding)
            }
        }
    }

    /// Row 91, second half: who never unchokes is asked for nothing, and keeps nothing from anybody.
    @Test func `by never unchoking: is asked for nothing`() async throws {
        try await beside { scene, peer in
            try peer.send(WireID.bitfield, scene.victim.fullBitfield)
            _ = try peer.next(WireID.interested)
        } meanwhile: { scene, peer in
            var told: Set<Int> = []
            while told.count < scene.victim.layout.pieceCount {
                let message = try peer.message()
                #expect(message.id != WireID.request)
                if message.id == WireID.have { told.formUnion(message.numbers) }
            }
        }
    }

    /// Row 92: a byte now and then is no delivery; the blocks are asked of another.
    @Test func `by a byte now and then: loses its blocks to another`() async throws {
        var engine = EngineSettings()
        engine.snubAfter = .seconds(1)
        engine.requestTimeout = .seconds(2)
        try await beside(engine) { scene, peer in
            try peer.send(WireID.bitfield, scene.victim.fullBitfield)
            try peer.send(WireID.unchoke)
            let request = try peer.next(WireID.request)
            try peer.send(HostilePeer.number(9 + 16_384) + [WireID.piece] + request.body.prefix(8))
        } meanwhile: { scene, peer in
            // More than it could take until everything is there.
            for _ in 0..<16_384 {
                try peer.send([0])
                usleep(20_000)
            }
        }
    }

    /// Row 94: who rejects everything is closed after 50.
    @Test func `by rejecting every request: is closed`() async throws {
        let log = PeerLog()
        let (port, isKnown) = AsyncStream.makeStream(of: UInt16.self)
        try await beside(log: log) { scene, peer in
            isKnown.yield(peer.port)
            isKnown.finish()
            try peer.send(WireID.haveAll)
            try peer.send(WireID.unchoke)
        } meanwhile: { scene, peer in
            while true { try peer.send(WireID.reject, try peer.next(WireID.request).body) }
        }
        for await port in port { #expect(await log.reason(ofPeerFrom: port) == "51 rejects and no block") }
    }

    /// A node that meets the peer first and an honest seeder when `begin` is over; it completes, whatever the peer does
    /// `meanwhile`.
    private func beside(
        _ engine: EngineSettings = EngineSettings(),
        log: PeerLog? = nil,
        begin: @escaping @Sendable (HostileScene, HostilePeer) throws -> Void,
        meanwhile: @escaping @Sendable (HostileScene, HostilePeer) throws -> Void
    ) async throws {
        let scene = try await HostileScene.shared.value
        let folder = try TemporaryFolder()
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            try await RunningNode.with(2, in: folder, log: log, engine: engine) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [])
                let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
                async let peer: Void = HostilePeer.run(leecher.address.port) { peer in
                    defer { hasBegun.finish() }
                    do {
                        try peer.greet(scene.victim.infoHash, reserved: [0, 0, 0, 0, 0, 0x10, 0, 0x04])
                        try begin(scene, peer)
                        hasBegun.finish()
                        try meanwhile(scene, peer)
                    } catch HostilePeer.Failure.closed {}
                }
                for await _ in begun {}
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                let summary = try await leecher.wait(scene.victim.infoHash, for: .seeding)
                #expect(scene.payload.equals(folder["leech"]))
                #expect(summary.hashFailed == 0)
                // A seeder has no use for a peer that has everything: it closes it.
                try await peer
            }
        }
    }
}
