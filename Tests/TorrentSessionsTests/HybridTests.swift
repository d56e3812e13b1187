import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import PieceStore
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `Hybrid torrent` {
    @Test func `goes from one node to the other without its padding`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"], version: .hybrid)
        let id = payload.metainfo.infoHash
        #expect(payload.metainfo.layout.totalLength > Payload.size)
        try await RunningNode.with(1, in: folder) { seeder in
            #expect(try await seeder.seed(payload, from: folder["seed"]).state == .seeding)
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                let done = try await leecher.wait(id, for: .seeding)
                #expect(payload.equals(folder["leech"]))
                #expect(!FileManager.default.fileExists(atPath: folder["leech/tree/.pad"].path))
                #expect(done.size == Payload.size)
                #expect(done.verifiedBytes == Payload.size)
                let files = try await leecher.service.show(id).files
                #expect(files.count == Payload.files.count)
                #expect(files.allSatisfy { $0.verifiedBytes == $0.length })
            }
            // All that is there counts after a restart, and a recheck finds it good.
            let hashing = CountedHashing()
            try await RunningNode.with(2, in: folder, hashing: hashing) { leecher in
                try await leecher.wait(id, for: .seeding)
                #expect(hashing.bytes == 0)
                _ = try await leecher.service.recheck(id)
                let done = try await leecher.wait(id, for: .seeding)
                #expect(done.badPieces == 0)
                #expect(hashing.bytes == payload.metainfo.layout.totalLength)
            }
        }
    }

    @Test func `existing data is hashed together with its padding`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"], version: .hybrid)
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            try FileManager.default.removeItem(at: folder["seed/tree/d"])
            try await node.download(payload, to: folder["seed"], from: [])
            let rest = try await node.wait(id, for: .downloading)
            #expect(rest.verifiedBytes == Payload.size - 70_000)
            try await node.service.remove(id, deleteData: true)
            #expect(!FileManager.default.fileExists(atPath: folder["seed/tree"].path))
        }
    }
}
