import BitTorrentTypes
import BusServices
import Metainfo
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `Torrents that were added within one second` {
    @Test func `are listed as they were added, also after a restart, but for those that say otherwise`() async throws {
        let folder = try TemporaryFolder()
        var payloads: [Payload] = []
        for number in 1...6 { payloads.append(try await Payload.make(in: folder["seed"], name: "tree \(number)")) }
        var expected = payloads.map(\.metainfo.infoHash)
        var queued = NodePreferences()
        queued.activeDownloads = 1
        try await RunningNode.with(1, in: folder, preferences: queued) { node in
            for payload in payloads.dropLast() {
                var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("leech"))
                addition.isPaused = true
                _ = try await node.service.add(addition)
            }
            let listed = try await node.service.list().map(\.infoHash)
            #expect(listed == expected.dropLast())
        }
        try await RunningNode.with(1, in: folder, preferences: queued) { node in
            let listed = try await node.service.list().map(\.infoHash)
            #expect(listed == expected.dropLast())
            var addition = TorrentAddition(metainfo: payloads[5].metainfo.bytes, directory: folder.path("leech"))
            addition.isPaused = true
            addition.change.queueMove = .top
            _ = try await node.service.add(addition)
            expected = [expected[5]] + expected.dropLast()
            let moved = try await node.service.list().map(\.infoHash)
            #expect(moved == expected)
        }
        let order = expected
        try await RunningNode.with(1, in: folder, preferences: queued) { node in
            let listed = try await node.service.list().map(\.infoHash)
            #expect(listed == order)
        }
    }

    /// More than are asked in one go, on each of the node's loops.
    @Test func `are all listed, in their order, when they are many`() async throws {
        let folder = try TemporaryFolder()
        try await RunningNode.with(1, in: folder) { node in
            var expected: [InfoHash] = []
            for number in 1000..<1320 {
                let metainfo = try Metainfo.parse(
                    Array("d4:infod6:lengthi1e4:name4:\(number)12:piece lengthi16384e6:pieces20:".utf8)
                        + [UInt8](repeating: 1, count: 20) + Array("ee".utf8)
                )
                expected.append(metainfo.infoHash)
                var addition = TorrentAddition(metainfo: metainfo.bytes, directory: folder.path("leech"))
                addition.isPaused = true
                _ = try await node.service.add(addition)
            }
            let listed = try await node.service.list()
            #expect(listed.map(\.infoHash) == expected)
            #expect(listed.map(\.queuePosition) == Array(1...320))
        }
    }
}
