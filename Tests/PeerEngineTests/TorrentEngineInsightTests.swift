import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `What the engine tells of a swarm` {
    @Test func `pieces that nobody has, of those that are wanted`() throws {
        let scene = try EngineScene(pieces: 5)
        scene.receive(.bitfield(try Bitfield(drawn: "#·#··")), from: try scene.connect(1))
        let wanted = try Bitfield(drawn: "##·#·")
        #expect(scene.engine.unavailable { wanted.contains($0) }.map(\.rawValue) == [1, 3])
        _ = try scene.connectSeeder(2)
        #expect(scene.engine.unavailable { _ in true }.isEmpty)
    }

    @Test func `peers that have what we lack, and those of them that choke us`() throws {
        let scene = try EngineScene()
        _ = try scene.connectSeeder(1)
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: try scene.connect(2))
        _ = try scene.connect(3)
        #expect(scene.engine.interestingPeers == (2, 1))
    }

    @Test func `why the last peers are gone, the newest first`() throws {
        let scene = try EngineScene()
        let dialled = PeerAddress(ip: .v4(0x0A00_0009), port: 6881)
        scene.engine.dialFailed(dialled, .connectionLost("refused"), at: scene.now)
        let key = try scene.connect(1)
        scene.receive(.bitfield(Bitfield(pieceCount: 8)), from: key)
        scene.wait(.seconds(181))
        let departures = scene.engine.departures
        #expect(departures.map(\.fault) == [.silent, .connectionLost("refused")])
        #expect(departures.map(\.isDial) == [false, true])
        #expect(departures.map(\.address) == [PeerAddress(ip: .v4(0x0A00_0001), port: 40_001), dialled])
    }

    @Test func `of many departures the last thirty-two`() throws {
        let scene = try EngineScene()
        for number in 1...40 {
            scene.engine.dialFailed(PeerAddress(ip: .v4(UInt32(number) << 24), port: 1), .silent, at: scene.now)
        }
        #expect(scene.engine.departures.map(\.address.ip) == (9...40).reversed().map { .v4(UInt32($0) << 24) })
    }

    @Test func `what each peer wasted`() throws {
        let scene = try EngineScene()
        let key = try scene.connectSeeder(1)
        let block = try #require(scene.requests(to: key, in: scene.take()).first)
        scene.deliver(block, from: key)
        #expect(scene.start(BlockHeader(block), from: key) == nil, "nobody asked for it again")
        let status = try #require(scene.engine.peers(at: scene.now).first)
        #expect(status.wasted == block.length)
        #expect(status.requests > 0)
        #expect(status.source == nil)
    }

    @Test func `whose pieces were bad`() throws {
        let scene = try EngineScene(pieces: 2, blocks: 1)
        let key = try scene.connectSeeder(1)
        for block in scene.requests(to: key, in: scene.take()) { scene.deliver(block, from: key) }
        let piece = try #require(scene.engine.layout.piece(0))
        #expect(scene.engine.unjudgedCount == 2)
        scene.check(piece, isGood: false)
        #expect(scene.engine.counters.hashFailed == PieceLayout.blockLength)
        #expect(scene.engine.departures.first?.fault == .banned)
    }
}
