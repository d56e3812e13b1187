import BitTorrentTypes
import BusServices
import Metainfo
import Testing

@testable import TorrentSessions

@Suite(.timeLimit(.minutes(1))) struct `The clock of a torrent` {
    @Test func `stands still while nobody asks for it, and goes for those who wait for peers`() async throws {
        let folder = try TemporaryFolder()
        let payload = try await Payload.make(in: folder["seed"])
        let id = payload.metainfo.infoHash
        try await RunningNode.with(1, in: folder) { node in
            _ = try await node.seed(payload, from: folder["seed"])
            let session = try #require(node.service.registry[id])
            #expect(await session.hasClock == false)
        }
        try await RunningNode.with(2, in: folder) { node in
            let nobody = try #require(PeerAddress("127.0.0.1:9"))
            try await node.download(payload, to: folder["leech"], from: [nobody])
            try await node.wait(id, for: .downloading)
            let session = try #require(node.service.registry[id])
            #expect(await session.hasClock)
            _ = try await node.service.pause(id)
            #expect(await session.hasClock == false)
        }
    }
}

extension TorrentSession {
    fileprivate var hasClock: Bool { timer != nil }
}
