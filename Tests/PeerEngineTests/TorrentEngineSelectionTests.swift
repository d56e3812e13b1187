import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, selecting pieces` {
    private func pieces(_ blocks: [BlockRange]) -> Set<Int> { Set(blocks.map(\.piece.rawValue)) }

    @Test func `asks for wanted pieces only and is finished when they are there`() throws {
        let scene = try EngineScene(wanted: "··------")
        let key = try scene.connectSeeder(1)
        let actions = scene.download(from: key, scene.take())
        #expect(pieces(scene.requests(to: key, in: actions)) == [0, 1])
        #expect(actions.contains(.send(.notInterested, to: key)))
        #expect(actions.contains(.finished) && !actions.contains(.completed))
        #expect(actions.last == .close(key, .bothComplete), "a seeder wants nothing of a partial seed")
        #expect(scene.engine.isFinished && !scene.engine.isComplete)
    }

    @Test func `is not interested in a peer that has only what is not wanted`() throws {
        let scene = try EngineScene(wanted: "····----")
        let key = try scene.connect(1)
        scene.receive(.bitfield(try #require(Bitfield(wire: [0b0000_1111], pieceCount: 8))), from: key)
        scene.receive(.unchoke, from: key)
        #expect(scene.take() == [])
        scene.receive(.have(3), from: key)
        let actions = scene.take()
        #expect(actions.first == .send(.interested, to: key))
        #expect(pieces(scene.requests(to: key, in: actions)) == [3])
    }

    @Test func `takes back what becomes unwanted under way, and asks for it when it is wanted again`() throws {
        let scene = try EngineScene(blocks: 2, wanted: "h-------")
        let key = try scene.connectSeeder(1)
        let asked = scene.requests(to: key, in: scene.take())
        #expect(asked.count == 2)
        scene.deliver(asked[0], from: key)
        scene.want("-h------")
        let actions = scene.take()
        #expect(actions.contains(.send(.cancel(asked[1]), to: key)))
        #expect(pieces(scene.requests(to: key, in: actions)) == [1])
        #expect(scene.engine.counters.wasted == PieceLayout.blockLength)
        #expect(scene.start(BlockHeader(asked[1]), from: key) == nil, "a late answer is skipped")
        scene.want("h-------")
        #expect(Set(scene.requests(to: key, in: scene.take())) == Set(asked))
    }

    @Test func `drops a block that is coming in for a piece that becomes unwanted`() throws {
        let scene = try EngineScene(blocks: 1, wanted: "h-------")
        let key = try scene.connectSeeder(1)
        let block = scene.requests(to: key, in: scene.take())[0]
        #expect(scene.start(BlockHeader(block), from: key) == block)
        scene.want("--------")
        #expect(scene.take().contains(.dropIncomingBlock(key)))
        scene.finish(block, from: key)
        #expect(!scene.take().contains(.verify(block.piece)))
    }

    @Test func `keeps an unwanted piece that turns out good`() throws {
        let scene = try EngineScene(blocks: 1, wanted: "h------l")
        let key = try scene.connectSeeder(1)
        let asked = scene.requests(to: key, in: scene.take())
        scene.deliver(asked[0], from: key)
        scene.want("-------l")
        _ = scene.take()
        scene.check(asked[0].piece, isGood: true)
        #expect(scene.take().contains(.pieceVerified(asked[0].piece)))
        #expect(!scene.engine.isFinished)
        #expect(scene.engine.peers(at: scene.now).count == 1)
    }

    @Test func `dials seeders again when more is wanted`() throws {
        let scene = try EngineScene(wanted: "--------")
        let address = PeerAddress(ip: .v4(0x0A00_0009), port: 6881)
        let key = try scene.connect(9, dialled: address)
        var actions: [TorrentAction] = []
        scene.engine.learn([address], from: .tracker, at: scene.now, into: &actions)
        scene.engine.peerGone(key, .connectionLost("reset"), at: scene.now, into: &actions)
        scene.wait(.seconds(2))
        #expect(scene.take() == [.connect(address)])
        let again = try scene.connect(9, dialled: address)
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: again)
        #expect(scene.take() == [.close(again, .bothComplete)])
        scene.wait(.seconds(1))
        #expect(scene.take() == [])
        scene.want("·-------")
        #expect(scene.take() == [.connect(address)])
    }

    @Test func `sequential order asks from the first piece on`() throws {
        let scene = try EngineScene(blocks: 1)
        scene.engine.order = .sequential
        let key = try scene.connectSeeder(1)
        #expect(scene.requests(to: key, in: scene.take()).map(\.piece.rawValue) == [0, 1])
    }

    @Test func `shows how often each piece is there and how many copies that makes`() throws {
        let scene = try EngineScene(pieces: 4)
        _ = try scene.connectSeeder(1)
        let leecher = try scene.connect(2)
        #expect(scene.engine.distributedCopies == 1)
        scene.receive(.bitfield(try #require(Bitfield(wire: [0b1000_0000], pieceCount: 4))), from: leecher)
        #expect(scene.engine.availability == [2, 1, 1, 1])
        #expect(scene.engine.distributedCopies == 1.25)
        for piece in 1...3 { scene.receive(.have(UInt32(piece)), from: leecher) }
        #expect(scene.engine.availability == [2, 2, 2, 2])
        #expect(scene.engine.distributedCopies == 2)
    }
}
