import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import Testing
import TorrentSessions

/// Real bytes under real limits.
///
/// The frame is generous: how exact a limit is, virtual time tells.
@Suite(.timeLimit(.minutes(2))) struct `Limits of a node` {
    private static let rate = 400 << 10

    /// Downloads the tree while a limit holds; returns how long that took.
    private func download(
        seeder: NodePreferences = NodePreferences(),
        leecher: NodePreferences = NodePreferences(),
        prepare: (TorrentSessions.NodeService, InfoHash) async throws -> Void = { _, _ in }
    ) async throws -> Duration {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        return try await RunningNode.with(1, in: folder, preferences: seeder) { seeding in
            _ = try await seeding.seed(payload, from: folder["seed"])
            try await prepare(seeding.service, id)
            return try await RunningNode.with(2, in: folder, preferences: leecher) { leeching in
                let start = ContinuousClock.now
                try await leeching.download(payload, to: folder["leech"], from: [seeding.address])
                try await leeching.wait(id, for: .seeding)
                #expect(payload.equals(folder["leech"]))
                return .now - start
            }
        }
    }

    /// What the limit lets through at the very least takes this long, a burst at the start left out.
    private var leastTime: Duration { .seconds(Double(Payload.size - (600 << 10)) / Double(Self.rate)) }

    @Test func `hold for what is uploaded`() async throws {
        var preferences = NodePreferences()
        preferences.up = .bytesPerSecond(Self.rate)
        let took = try await download(seeder: preferences)
        #expect(took >= leastTime)
    }

    @Test func `hold for what is downloaded`() async throws {
        var preferences = NodePreferences()
        preferences.down = .bytesPerSecond(Self.rate)
        let took = try await download(leecher: preferences)
        #expect(took >= leastTime)
    }

    @Test func `hold for one torrent, set while it runs`() async throws {
        let took = try await download { node, id in
            var change = TorrentChange()
            change.upLimit = .bytesPerSecond(Self.rate)
            _ = try await node.configure(id, change)
        }
        #expect(took >= leastTime)
    }

    @Test func `are kept over a restart, and lifted while something waits`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            var change = NodeLimitsChange()
            change.up = .bytesPerSecond(1024)
            change.alternative = .off
            #expect(try await node.service.limits(change).up == .bytesPerSecond(1024))
        }
        try await RunningNode.with(1, in: folder) { seeder in
            let limits = try await seeder.service.limits(NodeLimitsChange())
            #expect(limits.up == .bytesPerSecond(1024))
            #expect(limits.alternative == .off)
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                // At a kilobyte a second the tree would take a quarter of an hour.
                try await leecher.wait(id) { $0.downloaded > 0 }
                var change = NodeLimitsChange()
                change.up = .unlimited
                _ = try await seeder.service.limits(change)
                try await leecher.wait(id, for: .seeding)
            }
        }
    }

    @Test func `give way to the alternative speeds`() async throws {
        let folder = try TemporaryFolder()
        var preferences = NodePreferences()
        preferences.down = .bytesPerSecond(9000)
        preferences.alternativeDown = .bytesPerSecond(5000)
        try await RunningNode.with(1, in: folder, preferences: preferences) { node in
            var change = NodeLimitsChange()
            let usual = try await node.service.limits(change)
            #expect(!usual.isAlternativeActive)
            change.alternative = .on
            let limits = try await node.service.limits(change)
            #expect(limits.isAlternativeActive)
            #expect(limits.alternativeDown == .bytesPerSecond(5000))
            #expect(limits.down == .bytesPerSecond(9000))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `The queue of a node with torrents` {
    private func add(_ payload: Payload, to node: RunningNode, _ directory: [UInt8]) async throws -> TorrentSummary {
        let addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: directory)
        return try await node.service.add(addition).torrent
    }

    @Test func `lets so many download, and the next one when one is paused or moved`() async throws {
        let folder = try TemporaryFolder()
        var preferences = NodePreferences()
        preferences.activeDownloads = 1
        let one = try await Payload.make(in: folder["seed"], name: "one")
        let two = try await Payload.make(in: folder["seed"], name: "two")
        try await RunningNode.with(1, in: folder, preferences: preferences) { node in
            let first = try await add(one, to: node, folder.path("a"))
            #expect(first.state == .downloading)
            let waiting = try await add(two, to: node, folder.path("b"))
            #expect(waiting.state == .queued)
            #expect(waiting.queuePosition == 2)
            var top = TorrentChange()
            top.queueMove = .top
            let moved = try await node.service.configure(two.metainfo.infoHash, top)
            #expect(moved.queuePosition == 1)
            try await node.wait(two.metainfo.infoHash, for: .downloading)
            try await node.wait(one.metainfo.infoHash, for: .queued)
            _ = try await node.service.pause(two.metainfo.infoHash)
            try await node.wait(one.metainfo.infoHash, for: .downloading)
        }
        try await RunningNode.with(1, in: folder, preferences: preferences) { node in
            let order = try await node.service.list().map(\.infoHash)
            #expect(order == [two.metainfo.infoHash, one.metainfo.infoHash])
            try await node.wait(one.metainfo.infoHash, for: .downloading)
        }
    }

    @Test func `finishes what has been seeded enough, and seeds on when a person resumes it`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            var change = TorrentChange()
            change.seedRatio = .at(0)
            #expect(try await node.service.configure(id, change).state == .finished)
        }
        try await RunningNode.with(1, in: folder) { node in
            #expect(try await node.service.show(id).summary.state == .finished)
            let resumed = try await node.service.resume(id)
            #expect(resumed.state == .seeding)
            #expect(resumed.options.seedRatio == .never)
        }
    }
}
