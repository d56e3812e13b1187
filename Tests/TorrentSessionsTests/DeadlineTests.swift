import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `A file that is wanted by a certain time` {
    private func by(_ seconds: Double?) -> TorrentChange {
        var change = TorrentChange()
        let moment = seconds.map { Date.now.timeIntervalSince1970 + $0 }
        change.deadlines = [.init(files: 4...4, by: moment)]
        return change
    }

    @Test func `comes before those that are asked for in order`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            var slow = NodePreferences()
            slow.down = .bytesPerSecond(128 << 10)
            try await RunningNode.with(2, in: folder, preferences: slow) { leecher in
                var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("leech"))
                addition.peers = [seeder.address]
                addition.change = by(30)
                addition.change.isSequential = true
                _ = try await leecher.service.add(addition)
                try await leecher.wait(id) { $0.verifiedBytes >= 250_000 }
                let files = try await leecher.service.show(id).files
                #expect(files[4].verifiedBytes == files[4].length)
                #expect(files[4].deadlineSeconds == nil)
                #expect(files[0].verifiedBytes < files[0].length)
            }
        }
    }

    @Test func `is shown with the time that is left, and kept over a restart`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("leech"))
            addition.isPaused = true
            _ = try await node.service.add(addition)
            _ = try await node.service.configure(id, by(1000))
            let files = try await node.service.show(id).files
            #expect(files.dropLast().allSatisfy { $0.deadlineSeconds == nil })
            let left = try #require(files[4].deadlineSeconds)
            #expect(left > 900 && left <= 1000)
        }
        try await RunningNode.with(1, in: folder) { node in
            let left = try #require(try await node.service.show(id).files[4].deadlineSeconds)
            #expect(left > 900 && left <= 1000)
            _ = try await node.service.configure(id, by(-5))
            #expect(try #require(try await node.service.show(id).files[4].deadlineSeconds) < 0)
            _ = try await node.service.configure(id, by(nil))
            #expect(try await node.service.show(id).files[4].deadlineSeconds == nil)
            var beyond = TorrentChange()
            beyond.deadlines = [.init(files: 4...5, by: 7)]
            let bad = beyond
            await #expect(throws: BusFault(.invalid, "there is no file 6; the torrent has 5 files")) {
                _ = try await node.service.configure(id, bad)
            }
        }
    }
}
