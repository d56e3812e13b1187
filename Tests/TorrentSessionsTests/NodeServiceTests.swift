import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Logging
import Metainfo
import PieceStore
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `Two nodes` {
    @Test func `a tree of files goes from one to the other`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        try await RunningNode.with(1, in: folder) { seeder in
            let seeding = try await seeder.seed(payload, from: folder["seed"])
            #expect(seeding.state == .seeding)
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                let done = try await leecher.wait(payload.metainfo.infoHash, for: .seeding)
                #expect(payload.equals(folder["leech"]))
                #expect(done.downloaded == Payload.size)
                #expect(done.verifiedBytes == Payload.size)
                #expect(done.wasted == 0)
                let detail = try await leecher.service.show(payload.metainfo.infoHash)
                #expect(detail.files.map(\.verifiedBytes) == Payload.files.map(\.1))
            }
        }
    }

    @Test func `what is on the disk only is served too`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            for (name, _) in Payload.files {
                let descriptor = open(folder["seed/tree/\(name)"].path, O_RDONLY)
                defer { close(descriptor) }
                // Where the file system has no page cache of its own, all stays in memory, and this tests little.
                #expect(fsync(descriptor) == 0 && posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0)
            }
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                let done = try await leecher.wait(payload.metainfo.infoHash, for: .seeding)
                #expect(payload.equals(folder["leech"]))
                #expect(done.wasted == 0)
            }
        }
    }

    @Test func `share over IPv6 alone`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        try await RunningNode.with(1, in: folder, host: "::1") { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder, host: "::1") { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(payload.metainfo.infoHash, for: .seeding)
                #expect(payload.equals(folder["leech"]))
                let peers = try await seeder.service.peers(payload.metainfo.infoHash).peers
                #expect(peers.allSatisfy { $0.address.ip == IPAddress("::1") })
            }
        }
    }

    @Test func `a private torrent takes no peers from a person`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"], isPrivate: true)
        try await RunningNode.with(1, in: folder) { node in
            let seeded = try await node.seed(payload, from: folder["seed"])
            #expect(seeded.isPrivate)
            var again = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("seed"))
            again.peers = [node.address]
            await #expect(
                throws: BusFault(.invalid, "this torrent is private: it takes peers from its trackers only (BEP 27)")
            ) { try await node.service.add(again) }
        }
    }

    @Test func `a restart keeps every piece`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(id, for: .seeding)
            }
            try await RunningNode.with(2, in: folder, hashing: NoHashing()) { leecher in
                let summary = try await leecher.wait(id, for: .seeding)
                #expect(summary.verifiedPieces == payload.metainfo.layout.pieceCount)
                #expect(summary.downloaded == Payload.size)
            }
        }
    }

    @Test func `pieces that a kill kept from being recorded are hashed, not fetched again`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(id, for: .seeding)
            }
            // As after a kill between two flushes: the bytes are there, every third piece was recorded.
            try forget(payload, folder["nodes/2/state.db"].path) { $0.isMultiple(of: 3) }
            try await RunningNode.with(2, in: folder) { leecher in
                let summary = try await leecher.wait(id, for: .seeding)
                #expect(summary.downloaded == Payload.size)
                #expect(payload.equals(folder["leech"]))
            }
        }
    }

    @Test func `a damaged file is named after a restart, and only its pieces are fetched when a person says so`()
        async throws
    {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(id, for: .seeding)
            }
            let handle = try FileHandle(forUpdating: folder["leech/tree/d"])
            try handle.write(contentsOf: Data([1, 2, 3]))
            try handle.close()
            try await RunningNode.with(2, in: folder) { leecher in
                let stopped = try await leecher.wait(id, for: .error)
                #expect(stopped.error?.contains("tree/d was changed by another program") == true)
                #expect(!payload.equals(folder["leech"]))
            }
            // It stays so.
            try await RunningNode.with(2, in: folder) { leecher in
                #expect(try await leecher.service.show(id).summary.state == .error)
                _ = try await leecher.service.resume(id)
                let summary = try await leecher.wait(id, for: .seeding)
                let again = summary.downloaded - Payload.size
                #expect(again > 0 && again <= 2 * payload.metainfo.layout.pieceLength)
                #expect(payload.equals(folder["leech"]))
            }
        }
    }

    @Test func `a file that is gone stops the torrent until a person resumes it`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(id, for: .seeding)
            }
            try FileManager.default.removeItem(at: folder["leech/tree/a.bin"])
            try await RunningNode.with(2, in: folder) { leecher in
                let stopped = try await leecher.wait(id, for: .missing)
                #expect(stopped.error?.contains("a.bin is missing") == true)
                #expect(!FileManager.default.fileExists(atPath: folder["leech/tree/a.bin"].path))
                #expect(try await leecher.service.resume(id).error == nil)
                try await leecher.wait(id, for: .seeding)
                #expect(payload.equals(folder["leech"]))
            }
        }
    }

    @Test func `existing data is hashed before it counts`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        try await RunningNode.with(1, in: folder) { node in
            _ = try await node.service.add(addition(payload, folder["seed"]))
            let summary = try await node.wait(payload.metainfo.infoHash, for: .seeding)
            #expect(summary.downloaded == 0)
        }
    }

    private func forget(_ payload: Payload, _ path: String, keeping: (Int) -> Bool) throws {
        let database = try NodeDatabase(path: path)
        let record = try #require(try database.torrent(payload.metainfo.infoHash))
        var verified = Bitfield(pieceCount: payload.metainfo.layout.pieceCount)
        for piece in payload.metainfo.layout.pieces where keeping(piece.rawValue) { verified.insert(piece) }
        let progress = NodeDatabase.Progress(
            infoHash: record.infoHash,
            verified: verified,
            counters: record.counters,
            stamps: [:]
        )
        try database.record([progress])
        try database.close()
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Node service` {
    @Test func `bad additions are refused with a reason and leave nothing`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        try Data().write(to: folder["file"])
        try await RunningNode.with(1, in: folder) { node in
            func code(_ addition: TorrentAddition) async -> BusFault.Code? {
                do throws(BusFault) {
                    _ = try await node.service.add(addition)
                    return nil
                } catch {
                    return error.code
                }
            }
            let good = addition(payload, folder["leech"])
            var bad = good
            bad.metainfo = Array("d4:infode".utf8)
            #expect(await code(bad) == .invalid)
            bad = good
            bad.directory = Array("relative".utf8)
            #expect(await code(bad) == .invalid)
            bad.directory = folder.path("file")
            #expect(await code(bad) == .refused)
            bad = good
            bad.existingData = .verified
            #expect(await code(bad) == .invalid)
            let list = try await node.service.list()
            #expect(list.isEmpty)
        }
    }

    @Test func `a torrent of version 2 alone is refused in one line`() async throws {
        let folder = try TemporaryFolder()
        let alone = try MetainfoBuilder(
            version: .v2,
            name: Array("two".utf8),
            files: [(path: [], length: 5)],
            isSingleFile: true,
            pieceLength: 16_384,
            pieceLayers: [Array(repeating: 1, count: 32)]
        ).build()
        try await RunningNode.with(1, in: folder) { node in
            let addition = TorrentAddition(metainfo: alone.bytes, directory: Array(folder["data"].path.utf8))
            let reason = "this is not a torrent we can use: \(MetainfoError.versionTwoOnly)"
            await #expect(throws: BusFault(.invalid, reason)) { _ = try await node.service.add(addition) }
        }
    }

    @Test func `a torrent is added once; two torrents never share a path`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let other = try await Payload.make(in: folder["seed"], trackers: [["http://127.0.0.1:1/announce"]])
        try await RunningNode.with(1, in: folder) { node in
            var paused = addition(payload, folder["seed"])
            paused.isPaused = true
            let first = try await node.service.add(paused)
            #expect(!first.alreadyPresent)
            let second = try await node.service.add(addition(other, folder["elsewhere"]))
            #expect(second.alreadyPresent)
            let detail = try await node.service.show(payload.metainfo.infoHash)
            #expect(try Metainfo.parse(detail.metainfo).trackers == [["http://127.0.0.1:1/announce"]])
            #expect(detail.summary.state == .paused)
        }
    }

    @Test func `pause, resume and remove do what they say`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder, hashing: NoHashing()) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            #expect(try await node.service.pause(id).state == .paused)
            #expect(try await node.service.resume(id).state == .seeding)
            try await node.service.remove(id, deleteData: true)
            #expect(!FileManager.default.fileExists(atPath: folder["seed/tree"].path))
            await #expect(throws: BusFault(.notFound, "peer-node/1 has no torrent \(id)")) {
                try await node.service.show(id)
            }
        }
    }

    @Test func `two nodes keep their ports, whichever starts first`() async throws {
        let folder = try TemporaryFolder()
        let before = try await RunningNode.with(1, in: folder) { one in
            try await RunningNode.with(2, in: folder) { two in [one.address, two.address] }
        }
        try await RunningNode.with(2, in: folder) { two in
            try await RunningNode.with(1, in: folder) { one in #expect([one.address, two.address] == before) }
        }
    }

    @Test func `a node that cannot listen lets go of its folder`() async throws {
        let folder = try TemporaryFolder()
        let configuration = NodeConfiguration(
            name: ProcessName(role: .peerNode, number: 1),
            databasePath: folder["nodes/1/state.db"].path,
            // Of the addresses for documentation: nobody's.
            listenHosts: ["203.0.113.1"],
            listenPort: 0
        )
        await #expect(throws: (any Error).self) {
            try await NodeService.start(
                configuration,
                hashing: NoHashing(),
                publish: { _ in },
                logger: Logger(label: "node") { _ in SwiftLogNoOpLogHandler() }
            )
        }
        try await RunningNode.with(1, in: folder) { _ in }
    }

    @Test func `a second node on the same folder is refused`() async throws {
        let folder = try TemporaryFolder()
        try await RunningNode.with(1, in: folder) { _ in
            await #expect(throws: (any Error).self) { try await RunningNode.with(1, in: folder) { _ in () } }
        }
    }
}

/// Fails the test when anything is hashed.
private struct NoHashing: HashingService {
    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome] {
        Issue.record("nothing had to be hashed")
        throw BusFault(.invalid, "not here")
    }
}

private func addition(_ payload: Payload, _ directory: URL, peers: [PeerAddress] = []) -> TorrentAddition {
    var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: Array(directory.path.utf8))
    addition.peers = peers
    return addition
}
