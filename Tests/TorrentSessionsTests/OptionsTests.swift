import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `What a person chose of a torrent` {
    private func change(_ edit: (inout TorrentChange) -> Void) -> TorrentChange {
        var change = TorrentChange()
        edit(&change)
        return change
    }

    @Test func `is kept over a restart, and what is not named stays`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("leech"))
            addition.isPaused = true
            addition.change = change {
                $0.files = [.init(files: 0...4, priority: .skip), .init(files: 2...2, priority: .high)]
                $0.isSequential = true
            }
            let added = try await node.service.add(addition).torrent
            #expect(added.wantedBytes == 1_000_001)
            #expect(added.options.isSequential)
            let changed = try await node.service.configure(id, change { $0.upLimit = .bytesPerSecond(9000) })
            #expect(changed.options.upLimit == .bytesPerSecond(9000))
        }
        try await RunningNode.with(1, in: folder) { node in
            let detail = try await node.service.show(id)
            #expect(detail.summary.options.isSequential)
            #expect(detail.summary.options.upLimit == .bytesPerSecond(9000))
            #expect(detail.files.map(\.priority) == [.skip, .skip, .high, .skip, .skip])
            #expect(detail.summary.wantedBytes == 1_000_001)
        }
    }

    @Test func `is refused when it makes no sense, and then nothing changes`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("leech"))
            addition.isPaused = true
            addition.change.files = [.init(files: 0...5, priority: .normal)]
            let bad = addition
            await #expect(throws: BusFault(.invalid, "there is no file 6; the torrent has 5 files")) {
                _ = try await node.service.add(bad)
            }
            let torrents = try await node.service.list()
            #expect(torrents.isEmpty)
            addition.change = TorrentChange()
            _ = try await node.service.add(addition)
            let nothing = change {
                $0.files = [.init(files: 0...4, priority: .skip)]
                $0.isSequential = true
            }
            await #expect(throws: BusFault.self) { _ = try await node.service.configure(id, nothing) }
            #expect(try await node.service.show(id).summary.options == TorrentOptions())
            let stranger = try #require(InfoHash([UInt8](repeating: 1, count: 20)))
            await #expect(throws: BusFault.self) { _ = try await node.service.configure(stranger, TorrentChange()) }
        }
    }

    @Test func `a swarm is told with its facts`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                let nobody = try #require(PeerAddress("127.0.0.1:1"))
                try await leecher.download(payload, to: folder["leech"], from: [nobody, seeder.address])
                try await leecher.wait(id, for: .seeding)
                let detail = try await leecher.service.show(id)
                #expect(detail.summary.availability ?? 0 >= 1)
                #expect(detail.swarm.knownAddresses == 2)
                #expect(detail.swarm.unavailablePieces == 0)
                let departures = try await leecher.service.peers(id).departures
                let dial = try #require(departures.first { $0.address == nobody })
                #expect(dial.isDial)
                #expect(!dial.reason.isEmpty)
            }
        }
    }

    @Test func `only the wanted files are downloaded, and then it seeds`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { leecher in
                var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("leech"))
                addition.peers = [seeder.address]
                addition.change = change { $0.files = [.init(files: 1...4, priority: .skip)] }
                _ = try await leecher.service.add(addition)
                let done = try await leecher.wait(id, for: .seeding)
                #expect(done.wantedBytes == 300_000)
                #expect(done.wantedVerifiedBytes == 300_000)
                #expect(done.downloaded < Payload.size / 2)
                // One more file is wanted now.
                _ = try await leecher.service.configure(
                    id,
                    change { $0.files = [.init(files: 0...4, priority: .normal)] }
                )
                try await leecher.wait(id) { $0.verifiedBytes == Payload.size }
                #expect(payload.equals(folder["leech"]))
            }
        }
    }
}
