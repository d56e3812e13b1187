import BitTorrentTypes
import BusServices
import Metainfo
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `A torrent that super-seeds` {
    @Test func `passes for one that has nothing, and does so again after a restart`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        var slow = NodePreferences()
        slow.down = .bytesPerSecond(2048)
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            var change = TorrentChange()
            change.isSuperSeeding = true
            #expect(try await seeder.service.configure(id, change).options.isSuperSeeding)
        }
        try await RunningNode.with(1, in: folder) { seeder in
            let seeding = try await seeder.wait(id, for: .seeding)
            #expect(seeding.options.isSuperSeeding)
            try await RunningNode.with(2, in: folder, preferences: slow) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                let connected = try await leecher.wait(id) { $0.peers == 1 }
                #expect(connected.seeds == 0)
                #expect(try await leecher.service.peers(id).peers.allSatisfy { $0.progress < 0.5 })
                // Switched off, it tells what it has.
                var change = TorrentChange()
                change.isSuperSeeding = false
                #expect(try await seeder.service.configure(id, change).options.isSuperSeeding == false)
                try await leecher.wait(id) { $0.seeds == 1 }
            }
        }
    }

    @Test func `gives all to one who comes alone`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        try await RunningNode.with(1, in: folder) { seeder in
            var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("seed"))
            addition.existingData = .verified
            addition.change.isSuperSeeding = true
            _ = try await seeder.service.add(addition)
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(payload.metainfo.infoHash, for: .seeding)
                #expect(payload.equals(folder["leech"]))
            }
        }
    }
}
