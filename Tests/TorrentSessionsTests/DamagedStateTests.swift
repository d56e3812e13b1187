import BitTorrentTypes
import BusServices
import Foundation
import Metainfo
import PieceStore
import Testing
import TorrentSessions

/// A state database that is broken or lies: nothing counts that was not hashed, and no byte on the disk is lost.
///
/// - Source: rows 178 and 179 of the list of bad inputs.
@Suite(.timeLimit(.minutes(5))) struct `A state database` {
    /// Bytes of the file, changed.
    enum Damage: Sendable, CaseIterable {
        case empty, cutInTheHeader, cutInThePages, rubbish, rubbishBehindTheHeader

        func apply(to path: String) throws {
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            let rubbish = bytes.indices.map { UInt8(truncatingIfNeeded: ($0 &* $0) >> 5 &* 167 &+ 13) }
            switch self {
            case .empty: bytes = []
            case .cutInTheHeader: bytes = Array(bytes.prefix(64))
            case .cutInThePages: bytes = Array(bytes.prefix(bytes.count / 2 + 100))
            case .rubbish: bytes = rubbish
            case .rubbishBehindTheHeader: bytes = Array(bytes.prefix(100) + rubbish.dropFirst(100))
            }
            try Data(bytes).write(to: URL(filePath: path))
        }
    }

    @Test(arguments: Damage.allCases)
    func `that is damaged costs no byte of what was downloaded`(damage: Damage) async throws {
        try await afterDownload { scene, folder in
            try damage.apply(to: folder["nodes/2/state.db"].path)
            return nil
        }
    }

    @Test func `whose bitfield is longer than the torrent has pieces is not believed`() async throws {
        try await afterDownload { scene, folder in
            let database = try NodeDatabase(path: folder["nodes/2/state.db"].path)
            let progress = NodeDatabase.Progress(
                infoHash: scene.victim.infoHash,
                verified: Bitfield(allOf: scene.victim.layout.pieceCount + 64),
                counters: RecordedCounters(),
                stamps: [:],
                isClean: true
            )
            try database.record([progress])
            try database.close()
            return 0
        }
    }

    @Test func `that claims all pieces of files of zeros is not believed`() async throws {
        try await afterDownload { scene, folder in
            for (path, length) in Payload.files {
                try Data(count: length).write(to: folder["leech/tree"].appending(path: path))
            }
            return Payload.size
        } then: { leecher, id in
            // Nothing of what others wrote is overwritten before a person says so.
            try await leecher.wait(id, for: .error)
            _ = try await leecher.service.resume(id)
        }
    }

    @Test func `that calls the torrent by the name of another keeps neither from being added`() async throws {
        try await afterDownload { scene, folder in
            let database = try NodeDatabase(path: folder["nodes/2/state.db"].path)
            var record = try #require(try database.torrent(scene.victim.infoHash))
            try database.remove(scene.victim.infoHash)
            record = TorrentRecord(
                infoHash: try #require(InfoHash([UInt8](repeating: 7, count: 20))),
                metainfo: record.metainfo,
                directory: record.directory,
                isPaused: false,
                addedAt: 1,
                verified: Bitfield(allOf: scene.victim.layout.pieceCount)
            )
            try database.save(record)
            try database.close()
            return nil
        }
    }

    /// Downloads, stops, runs `change`, starts again and adds the torrent again: it is whole.
    ///
    /// `change` returns how many bytes are fetched anew at most; `nil` when the torrent may be forgotten.
    private func afterDownload(
        _ change: (HostileScene, TemporaryFolder) throws -> Int?,
        then react: (RunningNode, InfoHash) async throws -> Void = { _, _ in }
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
            let fetched = try change(scene, folder)
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                try await react(leecher, id)
                let summary = try await leecher.wait(id, for: .seeding)
                #expect(scene.payload.equals(folder["leech"]))
                if fetched == 0 { #expect(summary.downloaded == 0) }
            }
        }
    }
}
