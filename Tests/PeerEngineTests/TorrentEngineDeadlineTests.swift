import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, with deadlines` {
    /// A peer with all pieces but the last downloads `piece` to us within `time`, and chokes us then.
    private func seeder(_ number: UInt8, sends piece: Int, in time: Duration, _ scene: EngineScene) throws -> PeerKey {
        let key = try scene.connect(number)
        scene.receive(.bitfield(try #require(Bitfield(wire: [0b1111_1110], pieceCount: 8))), from: key)
        scene.receive(.unchoke, from: key)
        for block in 0..<16 {
            scene.now = scene.now + time / 16
            scene.deliver(try scene.block(piece, block), from: key)
        }
        scene.check(try scene.block(piece, 0).piece, isGood: true)
        scene.receive(.choke, from: key)
        return key
    }

    @Test func `asks for what is needed first before anything else`() throws {
        let scene = try EngineScene(pieces: 60, blocks: 1) { $0.initialPipeline = 1 }
        try scene.need(40, within: .seconds(9))
        try scene.need(50, within: .seconds(5))
        let key = try scene.connectSeeder(1)
        #expect(scene.requests(to: key, in: scene.take()).map(\.piece.rawValue) == [50, 40])
    }

    @Test func `asks of the peers that would deliver first`() throws {
        let scene = try EngineScene(pieces: 8, blocks: 16, wanted: "·------·")
        let slow = try seeder(1, sends: 0, in: .seconds(4), scene)
        scene.want("··-----·")
        let fast = try seeder(2, sends: 1, in: .seconds(1), scene)
        scene.want("··l----·")
        let third = try scene.connect(3)
        scene.receive(.bitfield(try #require(Bitfield(wire: [0b1111_1110], pieceCount: 8))), from: third)
        scene.receive(.unchoke, from: third)
        scene.receive(.unchoke, from: slow)
        scene.receive(.unchoke, from: fast)
        try scene.need(2, within: .seconds(10))
        _ = scene.take()
        var actions: [TorrentAction] = []
        scene.engine.peerGone(third, .connectionLost("reset"), at: scene.now, into: &actions)
        let ofFast = scene.requests(to: fast, in: actions)
        let ofSlow = scene.requests(to: slow, in: actions)
        #expect(ofFast.count + ofSlow.count == 16)
        #expect(ofFast.first == (try scene.block(2, 0)))
        #expect(ofFast.count > 2 * ofSlow.count)
    }

    @Test func `gives a skipped piece no deadline`() throws {
        let scene = try EngineScene(pieces: 8, blocks: 1, wanted: "·-------")
        try scene.need(3, within: .seconds(1))
        let key = try scene.connectSeeder(1)
        #expect(scene.requests(to: key, in: scene.take()).map(\.piece.rawValue) == [0])
    }

    @Test func `asks a second peer for a block that comes too late`() throws {
        let scene = try EngineScene(pieces: 2, blocks: 1, wanted: "·-") { $0.endGameBlocks = 0 }
        let first = try scene.connectSeeder(1)
        try scene.need(0, within: .seconds(3))
        let block = try scene.block(0, 0)
        #expect(scene.requests(to: first, in: scene.take()) == [block])
        let second = try scene.connectSeeder(2)
        scene.wait(.seconds(1))
        #expect(scene.requests(to: second, in: scene.take()) == [], "there is time")
        scene.wait(.seconds(3))
        #expect(scene.requests(to: second, in: scene.take()) == [block])
        scene.wait(.seconds(1))
        #expect(scene.requests(to: second, in: scene.take()) == [], "once is enough")
        scene.deliver(block, from: second)
        #expect(scene.take() == [.send(.cancel(block), to: first), .verify(block.piece)])
    }

    @Test func `forgets a deadline that is taken back`() throws {
        let scene = try EngineScene(pieces: 60, blocks: 1) { $0.initialPipeline = 1 }
        scene.engine.order = .sequential
        try scene.need(40, within: .seconds(9))
        try scene.need(40, within: nil)
        let key = try scene.connectSeeder(1)
        #expect(scene.requests(to: key, in: scene.take()).map(\.piece.rawValue) == [0])
    }
}
