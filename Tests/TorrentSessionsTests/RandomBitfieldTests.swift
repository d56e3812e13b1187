import BitTorrentTypes
import BusServices
import Foundation
import PieceStore
import Testing
import TorrentSessions

/// Row 178: the recorded bitfield has any bits at all.
@Suite(.timeLimit(.minutes(5))) struct `A recorded bitfield of random bits` {
    private static func bits(_ seed: UInt64, _ layout: PieceLayout) -> Bitfield {
        var bitfield = Bitfield(pieceCount: layout.pieceCount)
        var state = seed &* 6_364_136_223_846_793_005 &+ 1
        for piece in layout.pieces {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            if state >> 63 == 1 { bitfield.insert(piece) }
        }
        return bitfield
    }

    /// Downloads, stops, and puts random bits in the place of the recorded ones.
    private func withRandomBits(
        _ seed: UInt64,
        isClean: Bool,
        _ body: (HostileScene, TemporaryFolder, RunningNode) async throws -> Void
    ) async throws {
        let scene = try await HostileScene.shared.value
        let folder = try TemporaryFolder()
        let id = scene.victim.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(id, for: .seeding)
            }
            let database = try NodeDatabase(path: folder["nodes/2/state.db"].path)
            let progress = NodeDatabase.Progress(
                infoHash: id,
                verified: Self.bits(seed, scene.victim.layout),
                counters: RecordedCounters(),
                stamps: [:],
                isClean: isClean
            )
            try database.record([progress])
            try database.close()
            try await body(scene, folder, seeder)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>, [true, false])
    func `costs no byte of files that are whole`(seed: UInt64, isClean: Bool) async throws {
        try await withRandomBits(seed, isClean: isClean) { scene, folder, _ in
            try await RunningNode.with(2, in: folder) { leecher in
                let summary = try await leecher.wait(scene.victim.infoHash, for: .seeding)
                #expect(summary.downloaded == 0)
                let isWhole = scene.payload.equals(folder["leech"])
                #expect(isWhole)
            }
        }
    }

    /// After an orderly end.
    ///
    /// After a kill, a file that was being filled and is newer than its stamp is believed to be as
    /// our own last writes left it: what somebody wrote to it between the kill and the start is found by a recheck only.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `makes nobody believe in files of zeros`(seed: UInt64) async throws {
        try await withRandomBits(seed, isClean: true) { scene, folder, seeder in
            for (path, length) in Payload.files {
                try Data(count: length).write(to: folder["leech/tree"].appending(path: path))
            }
            try await RunningNode.with(2, in: folder) { leecher in
                let id = scene.victim.infoHash
                // Nothing that somebody else wrote is written over before a person says so.
                try await leecher.wait(id, for: .error)
                _ = try await leecher.service.resume(id)
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                let summary = try await leecher.wait(id, for: .seeding)
                #expect(summary.downloaded - summary.wasted == Payload.size)
                let isWhole = scene.payload.equals(folder["leech"])
                #expect(isWhole)
            }
        }
    }
}
