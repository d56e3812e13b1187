import BitTorrentTypes
import BusServices
import Foundation
import Metainfo
import Testing
import TorrentSessions

/// Somebody else at the files of a torrent that runs.
@Suite(.timeLimit(.minutes(1))) struct `Files changed under a running torrent` {
    private func seeding(
        hashing: any HashingService = DirectHashing(),
        _ body: (_ node: RunningNode, _ payload: Payload, _ folder: TemporaryFolder) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            try await body(node, payload, folder)
        }
    }

    private func alter(_ url: URL) throws {
        let handle = try FileHandle(forUpdating: url)
        try handle.write(contentsOf: Data([1, 2, 3]))
        try handle.close()
    }

    @Test func `altered: the pieces are hashed, the file is named, and nothing is written until a person says so`()
        async throws
    {
        try await seeding { node, payload, folder in
            let id = payload.metainfo.infoHash
            let file = folder["seed/tree/ünicode/b.bin"]
            try alter(file)
            let altered = try Data(contentsOf: file)
            let stopped = try await node.wait(id, for: .error)
            #expect(stopped.error?.contains("b.bin was changed by another program: 1 verified piece is bad") == true)
            #expect(stopped.verifiedPieces == payload.metainfo.layout.pieceCount - 1)
            try await RunningNode.with(2, in: folder) { other in
                try await other.download(payload, to: folder["leech"], from: [node.address])
                #expect(try Data(contentsOf: file) == altered)
                #expect(try await node.service.resume(id).error == nil)
                try await node.wait(id, for: .downloading)
            }
        }
    }

    @Test func `touched, but with the same bytes: hashed, and it seeds on`() async throws {
        let hashing = CountedHashing()
        try await seeding(hashing: hashing) { node, payload, folder in
            let file = folder["seed/tree/a.bin"]
            try Data(contentsOf: file).write(to: file, options: .atomic)
            let again = try await node.wait(payload.metainfo.infoHash) { $0.state == .seeding && hashing.bytes > 0 }
            #expect(again.verifiedBytes == Payload.size)
            #expect(hashing.bytes < 400_000)
        }
    }

    /// The kernel sends long runs from the file itself: what waits in line for a slow peer may be gone when its turn comes.
    @Test func `cut while its bytes are on their way to a slow peer: the torrent stops, and the peer is let go`()
        async throws
    {
        let folder = try TemporaryFolder()
        let payload = try await ZeroPayload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            _ = try await node.service.add(payload.addition(.verified))
            try await node.wait(id, for: .seeding)
            let isCut = Ending()
            let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
            async let received = HostilePeer.run(node.address.port) { peer in
                defer { arrival.finish() }
                try peer.greet(id)
                try peer.send(WireID.extended, [0] + Array("d1:mde9:max_blocki131072ee".utf8))
                try peer.send(WireID.interested)
                _ = try peer.next(WireID.unchoke)
                for run in 0..<Self.runsAsked {
                    let place = HostilePeer.number(100 + run / 8) + HostilePeer.number(run % 8 * Self.runLength)
                    try peer.send(WireID.request, place + HostilePeer.number(Self.runLength))
                }
                var runs = try [peer.next(WireID.piece).body.count - 8]
                arrival.yield()
                while !isCut.hasCome { usleep(10_000) }
                do {
                    while true { runs.append(try peer.next(WireID.piece).body.count - 8) }
                } catch HostilePeer.Failure.closed {
                    return runs
                }
            }
            for await _ in arrivals {
                let handle = try FileHandle(forWritingTo: payload.file)
                try handle.truncate(atOffset: 1 << 20)
                try handle.close()
                let stopped = try await node.wait(id) { $0.error != nil }
                #expect(stopped.error?.contains("zeros") == true, "\(stopped.error ?? "no error")")
                isCut.come()
            }
            let runs = try await received
            #expect(runs.allSatisfy { $0 == Self.runLength })
            #expect(runs.count < Self.runsAsked)
        }
    }

    private static let runLength = 128 << 10
    private static let runsAsked = 256

    @Test func `gone and back again: missing meanwhile, and it seeds on by itself`() async throws {
        try await seeding { node, payload, folder in
            let id = payload.metainfo.infoHash
            for name in ["seed/tree/a.bin", "seed/tree", "seed"] {
                try FileManager.default.moveItem(at: folder[name], to: folder["away"])
                let missing = try await node.wait(id, for: .missing)
                #expect(missing.error?.contains(folder[name].path) == true, "\(missing.error ?? "no error")")
                #expect(!FileManager.default.fileExists(atPath: folder[name].path))
                try FileManager.default.moveItem(at: folder["away"], to: folder[name])
                try await node.wait(id, for: .seeding)
            }
        }
    }

    @Test func `a download whose folder is moved away stops, makes no new one, and goes on when it is back`()
        async throws
    {
        try await seeding { node, payload, folder in
            let id = payload.metainfo.infoHash
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [])
                try await leecher.wait(id, for: .downloading)
                try FileManager.default.moveItem(at: folder["leech"], to: folder["away"])
                let missing = try await leecher.wait(id, for: .missing)
                #expect(missing.error?.hasPrefix("offline: ") == true)
                #expect(!FileManager.default.fileExists(atPath: folder["leech"].path))
                try FileManager.default.moveItem(at: folder["away"], to: folder["leech"])
                try await leecher.wait(id, for: .downloading)
                try await leecher.download(payload, to: folder["leech"], from: [node.address])
                try await leecher.wait(id, for: .seeding)
                #expect(payload.equals(folder["leech"]))
            }
        }
    }

    @Test func `what was altered while the torrent was paused is not taken for its own`() async throws {
        try await seeding { node, payload, folder in
            let id = payload.metainfo.infoHash
            _ = try await node.service.pause(id)
            try alter(folder["seed/tree/d"])
            _ = try await node.service.resume(id)
            let stopped = try await node.wait(id, for: .error)
            #expect(stopped.error?.contains("tree/d was changed") == true)
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the permission to mount a tmpfs"))
    func `a volume that is not mounted is offline: nothing goes into its empty folder`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        var disk = try SmallDisk(in: folder, bytes: 8 << 20)
        try #require(disk != nil)
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["small/deep"], from: [])
                try await leecher.wait(id, for: .downloading)
                disk = nil
                let offline = try await leecher.wait(id, for: .missing)
                #expect(offline.error?.hasPrefix("offline: ") == true)
                try await leecher.download(payload, to: folder["small/deep"], from: [seeder.address])
            }
            // The next run knows it as well, before anything is recorded.
            try await RunningNode.with(2, in: folder) { leecher in
                let offline = try await leecher.wait(id, for: .missing)
                #expect(offline.error?.contains("small") == true)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder["small"].path).isEmpty)
                disk = try SmallDisk(in: folder, bytes: 8 << 20)
                try #require(disk != nil)
                try await leecher.wait(id, for: .seeding)
                #expect(payload.equals(folder["small/deep"]))
            }
        }
        withExtendedLifetime(disk) {}
    }
}
