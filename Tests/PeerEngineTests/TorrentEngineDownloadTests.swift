import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, downloading` {
    @Test func `tells its interest and asks for blocks as soon as it is unchoked`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(1)
        #expect(scene.take() == [], "nothing to tell: we have nothing and the peer speaks no extensions")
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: key)
        #expect(scene.take() == [.send(.interested, to: key)])
        scene.receive(.unchoke, from: key)
        let requests = scene.requests(to: key, in: scene.take())
        #expect(requests.count == 8, "two pieces, while the peer has proved nothing")
        #expect(Set(requests.map(\.piece)).count == 2)
    }

    @Test func `verifies a full piece, then tells everybody and asks for more`() throws {
        let scene = try EngineScene()
        let key = try scene.connectSeeder(1)
        let first = scene.requests(to: key, in: scene.take())
        let piece = first[0].piece
        for block in first where block.piece == piece { scene.deliver(block, from: key) }
        #expect(scene.take() == [.verify(piece)])
        #expect(scene.engine.isAwaited(piece), "the peer may work on one more only")
        scene.check(piece, isGood: true)
        let actions = scene.take()
        #expect(actions.starts(with: [.pieceVerified(piece), .send(.have(piece), to: key)]))
        let rest = scene.requests(to: key, in: actions)
        #expect(rest.count == 24, "proven: all the rest at once")
        #expect(!rest.contains { scene.engine.isAwaited($0.piece) })
        #expect(scene.engine.verified.contains(piece))
    }

    @Test(arguments: [(Duration.milliseconds(1), 64...250), (.seconds(1), 8...12)])
    func `a fast peer is asked for more with every block, a slow one is not`(
        pause: Duration,
        depth: ClosedRange<Int>
    ) throws {
        let scene = try EngineScene(pieces: 100, blocks: 8) { $0.initialPipeline = 8 }
        let key = try scene.connectSeeder(1)
        var asked = scene.requests(to: key, in: scene.take())
        var deepest = 0
        for _ in 0..<300 {
            scene.now = scene.now + pause
            scene.deliver(asked.removeFirst(), from: key)
            var actions = scene.take()
            for case .verify(let piece) in actions { scene.check(piece, isGood: true) }
            actions += scene.take()
            asked += scene.requests(to: key, in: actions)
            deepest = max(deepest, asked.count)
        }
        #expect(depth.contains(deepest))
    }

    @Test func `completes, loses its interest, and leaves the seeder`() throws {
        let scene = try EngineScene(pieces: 2, blocks: 1)
        let key = try scene.connectSeeder(1)
        let blocks = scene.requests(to: key, in: scene.take())
        for block in blocks { scene.deliver(block, from: key) }
        scene.check(blocks[0].piece, isGood: true)
        scene.check(blocks[1].piece, isGood: true)
        let actions = scene.take()
        #expect(actions.contains(.send(.notInterested, to: key)))
        #expect(actions.suffix(2) == [.completed, .close(key, .bothComplete)])
        #expect(scene.engine.isComplete && scene.engine.connectionCount == 0)
    }

    @Test func `ignores blocks nobody asked for, and in the end their sender`() throws {
        let scene = try EngineScene { $0.unsolicitedLimit = 3 }
        let key = try scene.connect(1)
        for _ in 0..<3 { #expect(!scene.deliver(try scene.block(0, 0), from: key)) }
        #expect(scene.take() == [])
        #expect(scene.engine.counters.wasted == 3 * PieceLayout.blockLength)
        scene.deliver(try scene.block(0, 0), from: key)
        #expect(scene.take() == [.close(key, .unsolicitedBlocks(4))])
    }

    @Test func `counts a block once, however often it comes`() throws {
        let scene = try EngineScene()
        let key = try scene.connectSeeder(1)
        let block = scene.requests(to: key, in: scene.take())[0]
        #expect(scene.deliver(block, from: key))
        for _ in 0..<20 { #expect(!scene.deliver(block, from: key)) }
        #expect(scene.engine.connectionCount == 1)
        #expect(scene.engine.counters.downloaded == 21 * block.length)
        #expect(scene.engine.counters.wasted == 20 * block.length)
    }

    @Test(arguments: [-1, 1, 100]) func `closes for an answer of another length`(surplus: Int) throws {
        let scene = try EngineScene()
        let key = try scene.connectSeeder(1)
        let block = scene.requests(to: key, in: scene.take())[0]
        let header = BlockHeader(
            piece: UInt32(block.piece.rawValue),
            offset: UInt32(block.offset),
            length: block.length + surplus
        )
        #expect(scene.start(header, from: key) == nil)
        let fault = PeerFault.wrongBlockLength(expected: block.length, actual: block.length + surplus)
        #expect(scene.take() == [.close(key, fault)])
    }

    @Test func `skips an answer with another offset`() throws {
        let scene = try EngineScene()
        let key = try scene.connectSeeder(1)
        let block = scene.requests(to: key, in: scene.take())[0]
        let header = BlockHeader(piece: UInt32(block.piece.rawValue), offset: 5, length: block.length)
        #expect(scene.start(header, from: key) == nil)
        #expect(scene.engine.connectionCount == 1)
        #expect(scene.start(BlockHeader(block), from: key) == block, "the block itself is still welcome")
    }

    @Test func `lets two peers never write one block at a time`() throws {
        let scene = try EngineScene(pieces: 1, blocks: 1)
        let slow = try scene.connectSeeder(1)
        let quick = try scene.connectSeeder(2)
        let block = try scene.block(0, 0)
        #expect(scene.requests(to: slow, in: scene.take()) == [block])
        #expect(scene.start(BlockHeader(block), from: slow) == block)
        scene.wait(.seconds(1))
        #expect(scene.requests(to: quick, in: scene.take()) == [block], "end-game")
        #expect(scene.start(BlockHeader(block), from: quick) == block)
        #expect(scene.take() == [.dropIncomingBlock(slow)])
        scene.finish(block, from: quick)
        #expect(scene.take().contains(.verify(block.piece)))
    }

    @Test func `leaves a block to the one that has just begun to send it`() throws {
        let scene = try EngineScene(pieces: 1, blocks: 1)
        let first = try scene.connectSeeder(1)
        let second = try scene.connectSeeder(2)
        let block = try scene.block(0, 0)
        scene.wait(.seconds(1))
        #expect(scene.start(BlockHeader(block), from: first) == block)
        #expect(scene.start(BlockHeader(block), from: second) == nil)
        _ = scene.take()
        scene.finish(block, from: first)
        #expect(scene.take() == [.verify(block.piece)])
    }

    @Test func `asks the later half of the last blocks twice, and takes the slower request back`() throws {
        let scene = try EngineScene(pieces: 1, blocks: 4)
        let first = try scene.connectSeeder(1)
        let second = try scene.connectSeeder(2)
        #expect(scene.requests(to: second, in: scene.take()) == [])
        scene.wait(.milliseconds(600))
        let again = scene.requests(to: second, in: scene.take())
        #expect(again.count == 2)
        scene.deliver(again[0], from: second)
        #expect(scene.take() == [.send(.cancel(again[0]), to: first)])
    }

    @Test func `asks elsewhere when a peer takes requests and never answers`() throws {
        let scene = try EngineScene()
        let silent = try scene.connectSeeder(1)
        let owed = scene.requests(to: silent, in: scene.take())
        scene.wait(.seconds(21))
        let other = try scene.connectSeeder(2)
        let asked = scene.requests(to: other, in: scene.take())
        #expect(Set(asked) == Set(owed))
    }

    @Test func `asks elsewhere for a block that drips in byte by byte`() throws {
        let scene = try EngineScene(pieces: 1, blocks: 2)
        let slow = try scene.connectSeeder(1)
        let asked = scene.requests(to: slow, in: scene.take())
        #expect(scene.start(BlockHeader(asked[0]), from: slow) == asked[0])
        scene.wait(.seconds(21))
        let other = try scene.connectSeeder(2)
        #expect(Set(scene.requests(to: other, in: scene.take())) == Set(asked))
        #expect(scene.start(BlockHeader(asked[0]), from: other) == asked[0])
        #expect(scene.take() == [.dropIncomingBlock(slow)])
    }

    @Test func `takes the blocks of a peer that chokes us to others`() throws {
        let scene = try EngineScene()
        let first = try scene.connectSeeder(1)
        let second = try scene.connect(2)
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: second)
        let owed = scene.requests(to: first, in: scene.take())
        scene.receive(.choke, from: first)
        scene.receive(.unchoke, from: second)
        #expect(Set(scene.requests(to: second, in: scene.take())) == Set(owed))
    }

    @Test func `answers a storm of choke and unchoke with few requests`() throws {
        let scene = try EngineScene()
        let key = try scene.connectSeeder(1)
        for _ in 0..<20_000 {
            scene.receive(.choke, from: key)
            scene.receive(.unchoke, from: key)
        }
        #expect(scene.take().count < 200)
    }

    @Test func `remembers fifty thousand have messages as one, and hears no half million`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(1)
        for _ in 0..<50_000 { scene.receive(.have(3), from: key) }
        #expect(scene.take() == [.send(.interested, to: key)])
        for _ in 0..<450_000 { scene.receive(.have(3), from: key) }
        #expect(scene.take() == [.close(key, .repeatedHaves(50_009))])
    }

    @Test func `bans the lone sender of a bad piece and asks another for it`() throws {
        let scene = try EngineScene(pieces: 4, blocks: 2)
        let liar = try scene.connectSeeder(1)
        let asked = scene.requests(to: liar, in: scene.take())
        let piece = asked[0].piece
        for block in asked where block.piece == piece { scene.deliver(block, from: liar) }
        _ = scene.take()
        scene.check(piece, isGood: false)
        let actions = scene.take()
        #expect(actions.contains(.pieceRefused(piece)))
        #expect(actions.contains(.close(liar, .banned)))
        #expect(scene.engine.counters.hashFailed == 2 * PieceLayout.blockLength)
        #expect(throws: PeerFault.banned) { _ = try scene.connect(1) }
        let honest = try scene.connectSeeder(2)
        #expect(scene.requests(to: honest, in: scene.take()).count == 4)
    }

    @Test func `a peer that drops in mid-block costs that block only`() throws {
        let scene = try EngineScene()
        let first = try scene.connectSeeder(1)
        let asked = scene.requests(to: first, in: scene.take())
        scene.deliver(asked[0], from: first)
        #expect(scene.start(BlockHeader(asked[1]), from: first) == asked[1])
        var actions: [TorrentAction] = []
        scene.engine.peerGone(first, .connectionLost("reset"), at: scene.now, into: &actions)
        let second = try scene.connectSeeder(2)
        let again = scene.requests(to: second, in: scene.take())
        #expect(Set(again) == Set(asked.dropFirst()))
    }
}
