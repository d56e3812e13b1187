import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Evidence of wrong blocks` {
    /// Ann and bob have the first of two pieces: ann sends three of its blocks and bob the last.
    private func mixedPiece() throws -> (EngineScene, ann: PeerKey, bob: PeerKey, piece: PieceIndex) {
        let scene = try EngineScene(pieces: 2, blocks: 4)
        let (ann, bob) = (try scene.connect(1), try scene.connect(2))
        for key in [ann, bob] {
            scene.receive(.bitfield(try Bitfield(drawn: "#·")), from: key)
            scene.receive(.unchoke, from: key)
        }
        _ = scene.take()
        scene.wait(.milliseconds(600))
        for number in 0..<3 { scene.deliver(try scene.block(0, number), from: ann) }
        scene.deliver(try scene.block(0, 3), from: bob)
        let piece = try scene.block(0, 0).piece
        #expect(scene.take().contains(.verify(piece)))
        return (scene, ann, bob, piece)
    }

    @Test func `is asked for when a piece with several senders is bad, before it is asked for again`() throws {
        let (scene, _, _, piece) = try mixedPiece()
        scene.check(piece, isGood: false)
        let actions = scene.take()
        let place = try #require(actions.firstIndex(of: .digestBlocks(piece)))
        #expect(!actions.prefix(place).contains { if case .send(.request, _) = $0 { true } else { false } })
    }

    @Test func `is not asked for of a good piece, nor when there is one sender`() throws {
        let (good, _, _, piece) = try mixedPiece()
        good.check(piece, isGood: true)
        #expect(!good.take().contains(.digestBlocks(piece)))
        let lone = try EngineScene(pieces: 2, blocks: 1)
        let liar = try lone.connectSeeder(1)
        let asked = lone.requests(to: liar, in: lone.take())
        lone.deliver(asked[0], from: liar)
        lone.check(asked[0].piece, isGood: false)
        #expect(!lone.take().contains(.digestBlocks(asked[0].piece)))
        #expect(lone.engine.departures.first?.evidence == .wholePiece(asked[0].piece))
    }

    @Test func `bans whose blocks were wrong once the piece is good, and clears the others`() throws {
        let (scene, ann, bob, piece) = try mixedPiece()
        scene.check(piece, isGood: false)
        scene.digest(piece, [1, 2, 3, 99])
        let actions = scene.take()
        let (key, blocks) = try asked(scene, actions, [ann, bob])
        #expect(blocks.count == 4, "one peer alone is asked for all of it")
        for block in blocks { scene.deliver(block, from: key) }
        scene.check(piece, isGood: true)
        #expect(scene.take().contains(.digestBlocks(piece)))
        scene.digest(piece, [1, 2, 3, 4])
        let bans = scene.take().filter { if case .banned = $0 { true } else { false } }
        #expect(bans == [.banned(PeerAddress(ip: .v4(0x0A00_0002), port: 40_002), try EngineScene.id(2))])
        #expect(scene.engine.departures.contains { $0.evidence == .wrongBlocks(piece, count: 1) })
        #expect(throws: PeerFault.banned) { _ = try scene.connect(2) }
        #expect(scene.engine.connectionCount == 1)
    }

    @Test func `bans a peer that has left by then, and says so`() throws {
        let (scene, ann, bob, piece) = try mixedPiece()
        scene.check(piece, isGood: false)
        scene.digest(piece, [1, 2, 3, 99])
        scene.gone(bob)
        for block in scene.requests(to: ann, in: scene.take()) { scene.deliver(block, from: ann) }
        scene.check(piece, isGood: true)
        scene.digest(piece, [1, 2, 3, 4])
        let bans = scene.take().filter { if case .banned = $0 { true } else { false } }
        #expect(bans == [.banned(PeerAddress(ip: .v4(0x0A00_0002), port: 40_002), try EngineScene.id(2))])
        #expect(scene.engine.departures.first?.evidence == .wrongBlocks(piece, count: 1))
        #expect(throws: PeerFault.banned) { _ = try scene.connect(2) }
    }

    @Test func `bans nobody when every block was right`() throws {
        let (scene, ann, bob, piece) = try mixedPiece()
        scene.check(piece, isGood: false)
        scene.digest(piece, [1, 2, 3, 4])
        let (key, blocks) = try asked(scene, scene.take(), [ann, bob])
        for block in blocks { scene.deliver(block, from: key) }
        scene.check(piece, isGood: true)
        scene.digest(piece, [1, 2, 3, 4])
        #expect(!scene.take().contains { if case .banned = $0 { true } else { false } })
    }

    @Test func `counts for nothing when the piece was written to before it was read`() throws {
        let (scene, ann, bob, piece) = try mixedPiece()
        scene.check(piece, isGood: false)
        let (key, blocks) = try asked(scene, scene.take(), [ann, bob])
        #expect(scene.start(BlockHeader(blocks[0]), from: key) != nil)
        scene.digest(piece, [1, 2, 3, 99])
        scene.finish(blocks[0], from: key)
        for block in blocks.dropFirst() { scene.deliver(block, from: key) }
        scene.check(piece, isGood: true)
        #expect(!scene.take().contains(.digestBlocks(piece)))
    }

    @Test func `of a wrong number of blocks is ignored`() throws {
        let (scene, _, _, piece) = try mixedPiece()
        scene.digest(piece, [])
        scene.check(piece, isGood: false)
        scene.digest(piece, [1, 2, 3])
        scene.digest(piece, [1, 2, 3, 4, 5])
        #expect(scene.engine.connectionCount == 2)
    }

    private func asked(
        _ scene: EngineScene,
        _ actions: [TorrentAction],
        _ keys: [PeerKey]
    ) throws -> (PeerKey, [BlockRange]) {
        let asked = keys.map { ($0, scene.requests(to: $0, in: actions)) }.filter { !$0.1.isEmpty }
        #expect(asked.count == 1)
        return try #require(asked.first)
    }
}
