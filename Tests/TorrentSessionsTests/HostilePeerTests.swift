import BitTorrentTypes
import BusServices
import Foundation
import Metainfo
import Testing

/// Each way to misbehave against a node that seeds and against one that downloads, alone and beside honest peers.
@Suite(.timeLimit(.minutes(5))) struct `A hostile peer` {
    @Test(arguments: HostileMode.onEither + HostileMode.onSeeder)
    func `harms no seeder and nobody that it serves`(mode: HostileMode) async throws {
        let scene = try await HostileScene.shared.value
        let (folder, log) = (try TemporaryFolder(), PeerLog())
        try await RunningNode.with(1, in: folder, log: log) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            async let attack = HostilePeer.run(seeder.address.port) { peer in
                try peer.carryOut(mode, on: scene.victim) {
                    // It is served as anybody else.
                    try peer.send(WireID.interested)
                    try peer.fetch(piece: 3, expecting: Array(scene.victim.piece(3).prefix(16_384)))
                }
            }
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(scene.victim.infoHash, for: .seeding)
                #expect(scene.payload.equals(folder["leech"]))
            }
            let port = try await attack
            if case .dropped(let reason) = mode.outcome { #expect(await log.reason(ofPeerFrom: port) == reason) }
        }
    }

    @Test(arguments: HostileMode.onEither + HostileMode.onLeecher)
    func `keeps no leecher from what an honest seeder has`(mode: HostileMode) async throws {
        let scene = try await HostileScene.shared.value
        let (folder, log) = (try TemporaryFolder(), PeerLog())
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            try await RunningNode.with(2, in: folder, log: log) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [])
                let (alone, isOver) = AsyncStream.makeStream(of: Void.self)
                async let attack = HostilePeer.run(leecher.address.port) { peer in
                    defer { isOver.finish() }
                    return try peer.carryOut(mode, on: scene.victim) {
                        isOver.finish()
                        // It hears of every piece that the honest seeder gives us.
                        var told: Set<Int> = []
                        while told.count < scene.victim.layout.pieceCount {
                            told.formUnion(try peer.next(WireID.have).numbers)
                        }
                    }
                }
                for await _ in alone {}
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                let summary = try await leecher.wait(scene.victim.infoHash, for: .seeding)
                #expect(scene.payload.equals(folder["leech"]))
                #expect(summary.downloaded - summary.wasted - summary.hashFailed == Payload.size)
                let port = try await attack
                if case .dropped(let reason) = mode.outcome { #expect(await log.reason(ofPeerFrom: port) == reason) }
            }
        }
    }
}

/// A torrent that every test attacks, made once.
struct HostileScene: Sendable {
    let folder: TemporaryFolder
    let payload: Payload
    let victim: HostileMode.Victim

    var seed: URL { folder["seed"] }

    static let shared = Task {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let bytes = Payload.files.flatMap { Array(payload.content[$0.0] ?? Data()) }
        let metainfo = payload.metainfo
        return HostileScene(
            folder: folder,
            payload: payload,
            victim: HostileMode.Victim(infoHash: metainfo.infoHash, layout: metainfo.layout, bytes: bytes)
        )
    }
}

extension HostilePeer {
    /// Does what `mode` says, and sees that it comes out as it should; a peer that is kept goes on with `afterwards`.
    func carryOut(
        _ mode: HostileMode,
        on victim: HostileMode.Victim,
        afterwards: () throws -> Void
    ) throws -> UInt16 {
        try greet(victim.infoHash)
        switch mode.outcome {
        case .kept:
            try mode.script(self, victim)
            try afterwards()
        case .dropped:
            do {
                try mode.script(self, victim)
                try untilClosed()
            } catch Failure.closed {}
        }
        return port
    }

    /// Waits for an unchoke, asks for the first block of a piece, and compares it.
    func fetch(piece: Int, expecting expected: [UInt8]) throws {
        try request(piece, 0, expected.count)
        while true {
            let message = try message()
            if message.id == WireID.unchoke { try request(piece, 0, expected.count) }
            guard message.id == WireID.piece, message.numbers.prefix(2) == [piece, 0] else { continue }
            guard message.body.count == 8 + expected.count else { continue }
            #expect(Array(message.body.dropFirst(8)) == expected)
            return
        }
    }
}
