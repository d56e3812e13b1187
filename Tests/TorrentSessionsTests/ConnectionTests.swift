import BitTorrentTypes
import BusServices
import Foundation
import Metainfo
import PeerEngine
import PeerWire
import Testing

@testable import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `How many peers a torrent has` {
    /// So slow that peers stay for the test.
    private var slow: NodePreferences {
        var preferences = NodePreferences()
        preferences.down = .bytesPerSecond(2048)
        return preferences
    }

    private func change(_ edit: (inout TorrentChange) -> Void) -> TorrentChange {
        var change = TorrentChange()
        edit(&change)
        return change
    }

    @Test func `is what a person says, also while it runs`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder, preferences: slow) { one in
                try await RunningNode.with(3, in: folder, preferences: slow) { other in
                    try await one.download(payload, to: folder["one"], from: [seeder.address])
                    try await other.download(payload, to: folder["other"], from: [seeder.address])
                    try await seeder.wait(id) { $0.peers == 2 }
                    let changed = try await seeder.service.configure(id, change { $0.connections = .at(1) })
                    #expect(changed.options.connections == .at(1))
                    #expect(try await seeder.service.show(id).summary.peers == 1)
                    #expect(try await seeder.service.show(id).swarm.connectionLimit == 1)
                    _ = try await seeder.service.configure(id, change { $0.connections = .node })
                    try await seeder.wait(id) { $0.peers == 2 }
                }
            }
            let session = try #require(seeder.service.registry[id])
            #expect(await session.hasCountedAll)
            _ = try await seeder.service.pause(id)
            #expect(seeder.service.environment.connections.used == 0)
        }
    }

    /// Who was called finds the way back (BEP 10, `p`).
    @Test func `may call back: it is told where the node listens`() async throws {
        let scene = try await HostileScene.shared.value
        let folder = try TemporaryFolder()
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            let port = seeder.address.port
            let said = try await HostilePeer.run(port) { peer in
                try peer.greet(scene.victim.infoHash)
                return try peer.next(WireID.extended).body
            }
            let handshake = try #require(ExtensionHandshake(payload: Array(said.dropFirst())))
            #expect(handshake.listenPort == port)
        }
    }

    @Test func `is limited for all torrents of a node together`() async throws {
        let folder = try TemporaryFolder()
        let first = try await Payload.make(in: folder["seed"], name: "first")
        let second = try await Payload.make(in: folder["seed"], name: "second")
        var narrow = NodePreferences()
        narrow.connections.perNode = 1
        try await RunningNode.with(1, in: folder, preferences: narrow) { seeder in
            _ = try await seeder.seed(first, from: folder["seed"])
            _ = try await seeder.seed(second, from: folder["seed"])
            try await RunningNode.with(2, in: folder, preferences: slow) { leecher in
                try await leecher.download(first, to: folder["leech"], from: [seeder.address])
                try await seeder.wait(first.metainfo.infoHash) { $0.peers == 1 }
                try await leecher.download(second, to: folder["leech"], from: [seeder.address])
                let id = second.metainfo.infoHash
                // The torrent dials, is refused, and says so.
                try await leecher.waitForDeparture(id)
                #expect(try await seeder.service.show(id).summary.peers == 0)
                #expect(try await seeder.service.show(id).swarm.nodeConnections == 1)
                #expect(try await seeder.service.show(id).swarm.nodeConnectionLimit == 1)
                // When there is room again, it gets its turn.
                _ = try await leecher.service.pause(first.metainfo.infoHash)
                try await seeder.wait(id) { $0.peers == 1 }
            }
        }
    }

    @Test func `does not go over the limit of the node when it dials`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        var narrow = slow
        narrow.connections.perNode = 1
        try await RunningNode.with(1, in: folder) { one in
            _ = try await one.seed(payload, from: folder["seed"])
            try await RunningNode.with(2, in: folder) { other in
                try FileManager.default.copyItem(at: folder["seed"], to: folder["copy"])
                _ = try await other.seed(payload, from: folder["copy"])
                try await RunningNode.with(3, in: folder, preferences: narrow) { leecher in
                    try await leecher.download(payload, to: folder["leech"], from: [one.address, other.address])
                    try await leecher.wait(id) { $0.peers == 1 }
                    let facts = try await leecher.service.show(id).swarm
                    #expect(facts.knownAddresses == 2)
                    #expect(facts.nodeConnections == 1)
                    #expect(facts.dials == 0)
                }
            }
        }
    }

    @Test func `and whom it serves is as configured, and kept over a restart`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        var preferences = NodePreferences()
        preferences.connections.perTorrent = 30
        preferences.connections.uploadSlots = 3
        preferences.connections.seedChoking = .roundRobin
        preferences.connections.addressSharing = .severalPeers
        try await RunningNode.with(1, in: folder, preferences: preferences) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            let session = try #require(node.service.registry[id])
            let settings = try #require(await session.engine?.settings)
            #expect(settings.maximumConnections == 30)
            #expect(settings.uploadSlots == 3)
            #expect(settings.seedChoking == .roundRobin)
            #expect(settings.addressSharing == .severalPeers)
            _ = try await node.service.configure(
                id,
                change {
                    $0.connections = .at(40)
                    $0.uploadSlots = .at(5)
                }
            )
            #expect(await session.engine?.settings.maximumConnections == 40)
            #expect(await session.engine?.settings.uploadSlots == 5)
        }
        try await RunningNode.with(1, in: folder, preferences: preferences) { node in
            try await node.wait(id, for: .seeding)
            let session = try #require(node.service.registry[id])
            #expect(await session.engine?.settings.maximumConnections == 40)
            #expect(await session.engine?.settings.uploadSlots == 5)
            let back = try await node.service.configure(id, change { $0.uploadSlots = .node })
            #expect(back.options.uploadSlots == .node)
            #expect(await session.engine?.settings.uploadSlots == 3)
        }
    }
}

extension TorrentSession {
    fileprivate var hasCountedAll: Bool { counted == (connections.count, dials.count) }
}

extension RunningNode {
    /// Waits until a connection or a dial of a torrent is over; looks with each of its ticks.
    fileprivate func waitForDeparture(_ infoHash: InfoHash) async throws {
        while try await service.peers(infoHash).departures.isEmpty { await Task.yield() }
    }
}
