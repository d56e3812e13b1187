import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1)), .enabled(if: SmallDisk.isPossible, "needs the permission to mount a tmpfs"))
struct `Full disk` {
    @Test func `a torrent that does not fit says so, and goes on when there is room`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let disk = try #require(try SmallDisk(in: folder, bytes: 512 << 10))
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: disk.url, from: [seeder.address])
                let stopped = try await leecher.wait(id, for: .error)
                #expect(stopped.error?.hasPrefix("no space left for") == true)
                #expect(disk.grow(to: 8 << 20))
                try await leecher.wait(id, for: .seeding)
                #expect(payload.equals(disk.url))
            }
        }
    }

    @Test func `a database without room fails what must be recorded, and the torrent goes on when there is some`()
        async throws
    {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let disk = try #require(try SmallDisk(in: folder, bytes: 1 << 20, at: "nodes/2"))
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [])
                try await leecher.wait(id, for: .downloading)
                try disk.fill()
                for command in [leecher.service.pause, leecher.service.recheck] {
                    let fault = await #expect(throws: BusFault.self) { try await command(id) }
                    #expect(fault?.code == .failed)
                    #expect(fault?.message.hasPrefix("no space left for the database") == true)
                    #expect(try await leecher.service.show(id).summary.state == .downloading)
                }
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                let stopped = try await leecher.wait(id, for: .error)
                #expect(stopped.error?.hasPrefix("no space left for the database") == true)
                #expect(disk.grow(to: 8 << 20))
                let done = try await leecher.wait(id, for: .seeding)
                #expect(done.verifiedBytes == Payload.size)
                #expect(payload.equals(folder["leech"]))
            }
        }
    }

    @Test func `a disk that fills up during the download loses no verified piece`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        // Room enough at the start; then somebody else takes most of it.
        let disk = try #require(try SmallDisk(in: folder, bytes: 2 << 20))
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder, preallocation: .sparse) { leecher in
                try await leecher.download(payload, to: disk.url, from: [])
                try await leecher.wait(id, for: .downloading)
                let thief = disk.url.appending(path: "thief")
                try Data(repeating: 1, count: 1 << 20).write(to: thief)
                try await leecher.download(payload, to: disk.url, from: [seeder.address])
                let stopped = try await leecher.wait(id, for: .error)
                #expect(stopped.error?.hasPrefix("no space left for") == true)
                try FileManager.default.removeItem(at: thief)
                let done = try await leecher.wait(id, for: .seeding)
                #expect(payload.equals(disk.url))
                #expect(done.verifiedBytes == Payload.size)
            }
        }
    }
}
