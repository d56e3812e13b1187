import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Departures of peers` {
    @Test func `say who went, after what and why`() throws {
        let scene = try EngineScene(blocks: 1)
        let key = try scene.connect(1, speaksExtensions: true)
        scene.introduce("d1:pi6881e1:v3:abce", from: key)
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: key)
        scene.receive(.unchoke, from: key)
        let block = scene.requests(to: key, in: scene.take())[0]
        scene.deliver(block, from: key)
        scene.now = scene.now + .seconds(7)
        scene.receive(.have(99), from: key)
        let departure = try #require(scene.engine.departures.first)
        #expect(departure.fault == .noSuchPiece(99) && departure.closedBy == .ours)
        #expect(departure.address == PeerAddress("10.0.0.1:6881") && departure.client == Array("abc".utf8))
        #expect(departure.connectedFor == .seconds(7) && departure.downloaded == block.length)
        #expect(departure.isIncoming && departure.evidence == nil && departure.at == scene.now)
    }

    @Test func `tell the peer's doing from ours`() throws {
        let scene = try EngineScene()
        scene.gone(try scene.connect(1))
        #expect(scene.engine.departures.map(\.closedBy) == [.theirs])
    }

    @Test func `outlive the engine when its owner keeps the log`() throws {
        let scene = try EngineScene()
        scene.gone(try scene.connect(1))
        let next = TorrentEngine(
            layout: scene.engine.layout,
            verified: scene.engine.verified,
            ownID: try EngineScene.id(200),
            settings: EngineSettings(),
            seed: 1,
            departureLog: scene.engine.departureLog
        )
        #expect(next.departures == scene.engine.departures && next.departures.count == 1)
    }
}
