import BitTorrentTypes
import BusServices
import Metainfo
import Testing
import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `A partial seed` {
    @Test func `says so to its tracker when it starts`() async throws {
        let folder = try TemporaryFolder()
        try await StubTracker.with { tracker in
            let payload = try await Payload.make(in: folder["seed"], trackers: [[tracker.url]])
            let id = payload.metainfo.infoHash
            var heard = tracker.events.makeAsyncIterator()
            try await RunningNode.with(1, in: folder) { seeder in
                _ = try await seeder.seed(payload, from: folder["seed"])
                #expect(await heard.next() == "started")
                try await RunningNode.with(2, in: folder) { leecher in
                    var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: folder.path("leech"))
                    addition.change.files = [.init(files: 1...4, priority: .skip)]
                    addition.isPaused = true
                    _ = try await leecher.service.add(addition)
                    _ = try await leecher.service.resume(id)
                    #expect(await heard.next() == "started")
                    var peers = addition
                    peers.peers = [seeder.address]
                    _ = try await leecher.service.add(peers)
                    // Its next announce would say it, when the least interval of a tracker is over.
                    try await leecher.wait(id, for: .seeding)
                }
                #expect(await heard.next() == "stopped")
                try await RunningNode.with(2, in: folder) { leecher in
                    try await leecher.wait(id, for: .seeding)
                    #expect(await heard.next() == "paused")
                    // Only a tracker that has answered is told of the end.
                    try await leecher.wait(id) { $0.trackerStatus == "working" }
                }
                #expect(await heard.next() == "stopped")
            }
        }
    }
}
