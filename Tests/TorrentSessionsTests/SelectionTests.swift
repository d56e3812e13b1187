import BitTorrentTypes
import BusServices
import Foundation
import Metainfo
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `Chosen files on the disk` {
    /// Of ``Payload/files``: all but `ünicode/b.bin`, which shares pieces with its neighbours.
    private var withoutB: TorrentChange {
        var change = TorrentChange()
        change.files = [TorrentChange.FileRule(files: 2...2, priority: .skip)]
        return change
    }

    @Test func `a skipped file is not made, counts over a restart, and comes when it is wanted`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        let skipped = folder["leech/tree/ünicode/b.bin"]
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("leech"))
                addition.peers = [seeder.address]
                addition.change = withoutB
                _ = try await leecher.service.add(addition)
                let done = try await leecher.wait(id) { $0.wantedBytes > 0 && $0.wantedVerifiedBytes == $0.wantedBytes }
                #expect(done.wantedBytes == Payload.size - 1_000_001)
                #expect(!FileManager.default.fileExists(atPath: skipped.path))
                #expect(try Data(contentsOf: folder["leech/tree/a.bin"]) == payload.content["a.bin"])
                #expect(try Data(contentsOf: folder["leech/tree/d"]) == payload.content["d"])
                let kept = folder["nodes/2/parts/\(id).parts"]
                #expect(FileManager.default.fileExists(atPath: kept.path))
            }
            let hashing = CountedHashing()
            try await RunningNode.with(2, in: folder, hashing: hashing) { leecher in
                let again = try await leecher.wait(id, for: .seeding)
                #expect(again.wantedVerifiedBytes == again.wantedBytes)
                #expect(hashing.bytes == 0)
                var all = TorrentChange()
                all.files = [TorrentChange.FileRule(files: 0...4, priority: .normal)]
                _ = try await leecher.service.configure(id, all)
                let whole = try await leecher.wait(id) { $0.state == .seeding && $0.verifiedBytes == Payload.size }
                #expect(payload.equals(folder["leech"]))
                // The pieces at the borders were not fetched twice.
                #expect(whole.downloaded <= Payload.size)
                try await leecher.service.remove(id, deleteData: true)
                #expect(!FileManager.default.fileExists(atPath: folder["leech/tree"].path))
                #expect(!FileManager.default.fileExists(atPath: folder["nodes/2/parts/\(id).parts"].path))
            }
        }
    }
}
