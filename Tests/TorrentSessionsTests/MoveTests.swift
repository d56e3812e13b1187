import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import PieceStore
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `Moved files` {
    @Test func `by name, while it seeds: it seeds on from there, and nothing is hashed`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let hashing = CountedHashing()
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            let moved = try await node.service.move(id, to: folder.path("new"))
            #expect(moved.path == folder.path("new/tree"))
            #expect(moved.movingTo == nil)
            try await node.wait(id, for: .seeding)
            #expect(payload.equals(folder["new"]))
            #expect(!FileManager.default.fileExists(atPath: folder["seed/tree"].path))
            #expect(hashing.bytes == 0)
        }
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            let again = try await node.wait(id, for: .seeding)
            #expect(again.path == folder.path("new/tree"))
            #expect(hashing.bytes == 0)
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the permission to mount a tmpfs"))
    func `to another file system: copied, and deleted where they were`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let disk = try #require(try SmallDisk(in: folder, bytes: 8 << 20))
        let hashing = CountedHashing()
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            _ = try await node.service.move(id, to: Array(disk.url.path.utf8))
            let moved = try await node.wait(id) { $0.movingTo == nil && $0.state == .seeding }
            #expect(moved.moveError == nil)
            #expect(payload.equals(disk.url))
            #expect(!FileManager.default.fileExists(atPath: folder["seed/tree"].path))
            #expect(hashing.bytes == 0)
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the permission to mount a tmpfs"))
    func `where there is no room nothing changes`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let disk = try #require(try SmallDisk(in: folder, bytes: 512 << 10))
        try await RunningNode.with(1, in: folder) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            let fault = await #expect(throws: BusFault.self) {
                try await node.service.move(payload.metainfo.infoHash, to: Array(disk.url.path.utf8))
            }
            #expect(fault?.message.hasPrefix("no space left for") == true)
            #expect(try await node.service.show(payload.metainfo.infoHash).summary.state == .seeding)
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path).isEmpty)
            #expect(payload.equals(folder["seed"]))
        }
    }

    @Test func `over something that is there: refused with its name`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try FileManager.default.createDirectory(at: folder["new/tree"], withIntermediateDirectories: true)
        try await RunningNode.with(1, in: folder) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            for place in ["new", "seed", "seed/tree/ünicode"] {
                let fault = await #expect(throws: BusFault.self) {
                    try await node.service.move(id, to: folder.path(place))
                }
                #expect(fault?.code == .refused)
                #expect(fault?.message.contains(folder["seed"].path) == true || place == "new")
            }
            #expect(try await node.service.show(id).summary.state == .seeding)
            #expect(payload.equals(folder["seed"]))
        }
    }

    @Test func `moved by hand: a move there only looks`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let hashing = CountedHashing()
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            try FileManager.default.createDirectory(at: folder["new"], withIntermediateDirectories: true)
            try FileManager.default.moveItem(at: folder["seed/tree"], to: folder["new/tree"])
            try await node.wait(id, for: .missing)
            _ = try await node.service.move(id, to: folder.path("new"))
            let found = try await node.wait(id, for: .seeding)
            #expect(found.path == folder.path("new/tree"))
            #expect(hashing.bytes == 0)
        }
    }

    /// As a kill would leave it: the database says how far it came, the disk what was done.
    @Test(arguments: [RecordedMove.Phase.moving, .copied, .deleting], [false, true])
    func `a move that was killed is ended at the next start`(phase: RecordedMove.Phase, isLate: Bool) async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in _ = try await node.seed(payload, from: folder["seed"]) }
        let (old, new) = (folder.path("seed"), folder.path("new"))
        try FileManager.default.createDirectory(at: folder["new"], withIntermediateDirectories: true)
        let database = try NodeDatabase(path: folder["nodes/1/state.db"].path)
        let files = TorrentFiles(metainfo: payload.metainfo, directory: old, cache: DescriptorCache())
        let move = Relocation(of: files, to: new)
        try database.setMove(RecordedMove(phase: .moving, folder: new), id)
        switch phase {
        case .moving:
            if isLate {
                #expect(try move.rename())
            } else {
                let half = folder["new/.\(id).moving"]
                try FileManager.default.createDirectory(at: half, withIntermediateDirectories: true)
                try Data([1]).write(to: half.appending(path: "a.bin"))
            }
        case .copied, .deleting:
            try move.copy { _ in true }
            try database.setMove(RecordedMove(phase: .copied, folder: new), id)
            if isLate || phase == .deleting { try move.nameCopy() }
            if phase == .deleting {
                try database.switchFolder(to: new, deletingIn: old, id)
                if isLate { try FileManager.default.removeItem(at: folder["seed/tree/a.bin"]) }
            }
        }
        try database.close()
        let hashing = CountedHashing()
        try await RunningNode.with(1, in: folder, hashing: hashing) { node in
            let done = try await node.wait(id) { $0.state == .seeding && $0.path == folder.path("new/tree") }
            #expect(done.moveError == nil)
            #expect(payload.equals(folder["new"]))
            #expect(!FileManager.default.fileExists(atPath: folder["seed/tree"].path))
            #expect(!move.isCopyThere)
            #expect(hashing.bytes == 0)
            let record = try NodeDatabase(path: folder["nodes/1/state.db"].path).torrent(id)
            #expect(record?.move == nil)
        }
    }
}
