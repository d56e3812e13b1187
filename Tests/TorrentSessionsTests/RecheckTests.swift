import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import PieceStore
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `Recheck` {
    @Test func `a torrent that is whole is hashed once over and seeds again`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let hashing = CountedHashing()
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            #expect(try await node.service.recheck(id).badPieces == 0)
            let done = try await node.wait(id, for: .seeding)
            #expect(done.verifiedBytes == Payload.size)
            #expect(hashing.bytes == Payload.size)
            let job = try #require(hashing.jobs.first)
            #expect(job.priority == .bulk)
            #expect(job.expected.count == 20 * payload.metainfo.layout.pieceCount)
            #expect(job.task?.kind == .recheck)
            #expect(job.task?.infoHash == id)
            #expect(job.task?.bytesTotal == Payload.size)
        }
    }

    @Test func `a bad piece is counted and fetched again, and nothing else`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(id, for: .seeding)
                try flip(byte: 500_000, of: folder["leech/tree/ünicode/b.bin"])
                _ = try await leecher.service.recheck(id)
                let done = try await leecher.wait(id) { $0.state == .seeding && $0.badPieces > 0 }
                #expect(done.badPieces == 1)
                #expect(done.downloaded == Payload.size + payload.metainfo.layout.pieceLength)
                #expect(done.hashFailed == 0)
                #expect(payload.equals(folder["leech"]))
            }
        }
    }

    @Test func `a paused torrent stays paused, and loses what is missing or short, for good`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            _ = try await node.service.pause(id)
            try FileManager.default.removeItem(at: folder["seed/tree/a.bin"])
            let short = try FileHandle(forWritingTo: folder["seed/tree/d"])
            try short.truncate(atOffset: 1)
            try short.close()
            #expect(try await node.service.recheck(id).error == nil)
            let done = try await node.wait(id) { $0.state == .paused && $0.badPieces > 0 }
            // a.bin lies in pieces 0 to 9, d in the last three.
            #expect(done.badPieces == 13)
            #expect(done.verifiedPieces == payload.metainfo.layout.pieceCount - 13)
            #expect(!FileManager.default.fileExists(atPath: folder["seed/tree/a.bin"].path))
        }
        try await RunningNode.with(1, in: folder) { node in
            let summary = try await node.service.show(id).summary
            #expect(summary.state == .paused)
            #expect(summary.badPieces == 13)
            #expect(summary.verifiedPieces == payload.metainfo.layout.pieceCount - 13)
        }
    }

    @Test func `a torrent that stopped for a missing file runs again`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in _ = try await node.seed(payload, from: folder["seed"]) }
        try FileManager.default.removeItem(at: folder["seed/tree/a.bin"])
        try await RunningNode.with(1, in: folder) { node in
            try await node.wait(id, for: .missing)
            _ = try await node.service.recheck(id)
            let done = try await node.wait(id, for: .downloading)
            #expect(done.badPieces == 10)
            #expect(done.error == nil)
        }
    }

    @Test func `a node that stops in between goes on with the rest only`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await ZeroPayload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder, hashing: CountedHashing(holdingAfter: ZeroPayload.jobBytes)) { node in
            _ = try await node.service.add(payload.addition(.verified))
            try payload.damage(piece: 3)
            try payload.damage(piece: 100)
            _ = try await node.service.recheck(id)
            try await node.wait(id) { $0.checkingProgress > 0.3 }
        }
        let rest = CountedHashing()
        try await RunningNode.with(1, in: folder, hashing: rest) { node in
            let done = try await node.wait(id, for: .downloading)
            #expect(done.badPieces == 2)
            #expect(done.verifiedPieces == payload.metainfo.layout.pieceCount - 2)
            #expect(rest.bytes == ZeroPayload.size - ZeroPayload.jobBytes)
            #expect(Set(rest.jobs.map(\.task?.kind)) == [.recheck])
            #expect(Set(rest.jobs.map(\.task?.bytesTotal)) == [ZeroPayload.size])
            #expect(Set(rest.jobs.map(\.task?.bytesBefore)) == [ZeroPayload.jobBytes])
        }
    }

    @Test func `a first check that a stop cut short goes on with the rest only`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await ZeroPayload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder, hashing: CountedHashing(holdingAfter: ZeroPayload.jobBytes)) { node in
            _ = try await node.service.add(payload.addition(.check))
            try await node.wait(id) { $0.checkingProgress > 0.3 }
        }
        let rest = CountedHashing()
        try await RunningNode.with(1, in: folder, hashing: rest) { node in
            try await node.wait(id, for: .seeding)
            #expect(rest.bytes == ZeroPayload.size - ZeroPayload.jobBytes)
            #expect(Set(rest.jobs.map(\.task?.kind)) == [.check])
        }
    }

    @Test func `paused in between it goes on with the rest when it is resumed, also after a restart`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await ZeroPayload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder, hashing: CountedHashing(holdingAfter: ZeroPayload.jobBytes)) { node in
            _ = try await node.service.add(payload.addition(.verified))
            _ = try await node.service.recheck(id)
            try await node.wait(id) { $0.checkingProgress > 0.3 }
            #expect(try await node.service.pause(id).state == .paused)
        }
        let rest = CountedHashing()
        try await RunningNode.with(1, in: folder, hashing: rest) { node in
            #expect(try await node.service.show(id).summary.state == .paused)
            _ = try await node.service.resume(id)
            try await node.wait(id, for: .seeding)
            #expect(rest.bytes == ZeroPayload.size - ZeroPayload.jobBytes)
        }
    }

    @Test func `cancelled by a person it keeps what was recorded, and the torrent seeds again`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await ZeroPayload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let hashing = CountedHashing(holdingAfter: ZeroPayload.jobBytes)
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            _ = try await node.service.add(payload.addition(.verified))
            _ = try await node.service.recheck(id)
            try await node.wait(id) { $0.checkingProgress > 0.3 }
            // A second one changes nothing.
            #expect(try await node.service.recheck(id).checkingProgress > 0.3)
            hashing.cancelTask()
            let done = try await node.wait(id, for: .seeding)
            #expect(done.verifiedPieces == payload.metainfo.layout.pieceCount)
        }
        try await RunningNode.with(1, in: folder, hashing: CountedHashing(holdingAfter: 0)) { node in
            try await node.wait(id, for: .seeding)
        }
    }

    @Test func `a first check that is cancelled pauses its torrent; a resume goes on with it`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await ZeroPayload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let hashing = CountedHashing(holdingAfter: ZeroPayload.jobBytes)
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            _ = try await node.service.add(payload.addition(.check))
            try await node.wait(id) { $0.checkingProgress > 0.3 }
            hashing.cancelTask()
            let paused = try await node.wait(id, for: .paused)
            #expect(paused.verifiedBytes == ZeroPayload.jobBytes)
            hashing.goOn()
            _ = try await node.service.resume(id)
            try await node.wait(id, for: .seeding)
            #expect(hashing.bytes == ZeroPayload.size)
        }
    }

    @Test func `a torrent may be removed while it is checked`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await ZeroPayload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder, hashing: CountedHashing(holdingAfter: ZeroPayload.jobBytes)) { node in
            _ = try await node.service.add(payload.addition(.verified))
            _ = try await node.service.recheck(id)
            try await node.wait(id) { $0.checkingProgress > 0.3 }
            try await node.service.remove(id, deleteData: true)
            #expect(!FileManager.default.fileExists(atPath: payload.file.path))
        }
        try await RunningNode.with(1, in: folder) { node in
            let list = try await node.service.list()
            #expect(list.isEmpty)
        }
    }

    private func flip(byte offset: UInt64, of file: URL) throws {
        let handle = try FileHandle(forUpdating: file)
        try handle.seek(toOffset: offset)
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data([byte ^ 0xFF]))
        try handle.close()
    }
}
