import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

/// Several blocks asked for in one message, of a peer that answers such.
@Suite struct `Runs of blocks` {
    private let introduction = "d9:max_blocki262144ee"

    /// A seeder that answers runs and has unchoked us; what we asked is among the actions.
    private func connectSeeder(_ number: UInt8, to scene: EngineScene, isFast: Bool = false) throws -> PeerKey {
        let key = try scene.connect(number, speaksExtensions: true, isFast: isFast)
        scene.introduce(introduction, from: key)
        scene.receive(.bitfield(Bitfield(allOf: scene.engine.layout.pieceCount)), from: key)
        _ = scene.take()
        scene.receive(.unchoke, from: key)
        return key
    }

    private func connectLeecher(_ number: UInt8, to scene: EngineScene) throws -> PeerKey {
        let key = try scene.connect(number, speaksExtensions: true, isFast: true)
        scene.receive(.haveNone, from: key)
        scene.receive(.interested, from: key)
        _ = scene.take()
        return key
    }

    private func run(_ piece: Int, _ blocks: Range<Int>, in scene: EngineScene) throws -> BlockRange {
        let first = try scene.block(piece, blocks.lowerBound)
        return try blocks.dropFirst().reduce(first) { run, number in
            try #require(run.joined(with: try scene.block(piece, number)))
        }
    }

    @Test func `we offer to answer them, and ask for them where they are offered`() throws {
        let scene = try EngineScene()
        _ = try scene.connect(1, speaksExtensions: true)
        guard case .send(.extended(0, let payload), _)? = scene.take().first else {
            Issue.record("no extension handshake")
            return
        }
        #expect(ExtensionHandshake(payload: payload)?.longestRun == 256 * 1024)

        let key = try connectSeeder(2, to: scene)
        let requests = scene.requests(to: key, in: scene.take())
        #expect(requests.map(\.length) == [65_536, 65_536], "two pieces of four blocks, a message each")
    }

    @Test func `a run is no longer than 256 KiB`() throws {
        let scene = try EngineScene(pieces: 2, blocks: 20) { $0.initialPipeline = 160 }
        let key = try connectSeeder(1, to: scene)
        let requests = scene.requests(to: key, in: scene.take())
        #expect(requests.map(\.length) == [262_144, 65_536, 262_144, 65_536])
    }

    @Test func `a peer of which little is asked ahead is asked for short ones`() throws {
        let scene = try EngineScene(pieces: 2, blocks: 16) { $0.initialPipeline = 16 }
        let key = try connectSeeder(1, to: scene)
        let requests = scene.requests(to: key, in: scene.take())
        #expect(requests.count == 8 && requests.allSatisfy { $0.length == 32_768 })
    }

    @Test func `the blocks of a run count as they come`() throws {
        let scene = try EngineScene()
        let key = try connectSeeder(1, to: scene)
        let asked = scene.requests(to: key, in: scene.take())[0]
        #expect(scene.start(BlockHeader(asked), from: key) == asked)
        scene.finish(try run(asked.piece.rawValue, 0..<3, in: scene), from: key)
        #expect(!scene.take().contains(.verify(asked.piece)))
        scene.finish(try scene.block(asked.piece.rawValue, 3), from: key)
        #expect(scene.take().contains(.verify(asked.piece)))
        #expect(scene.engine.counters.downloaded == asked.length)
        #expect(scene.engine.counters.wasted == 0)
    }

    @Test func `a run may be answered in parts`() throws {
        let scene = try EngineScene()
        let key = try connectSeeder(1, to: scene)
        let asked = scene.requests(to: key, in: scene.take())[0]
        for part in [0..<1, 1..<3, 3..<4] {
            #expect(scene.deliver(try run(asked.piece.rawValue, part, in: scene), from: key))
        }
        #expect(scene.take().contains(.verify(asked.piece)))
    }

    @Test func `the rest of a run that a connection loses is asked of others`() throws {
        let scene = try EngineScene(pieces: 1)
        let first = try connectSeeder(1, to: scene)
        let asked = scene.requests(to: first, in: scene.take())[0]
        _ = scene.start(BlockHeader(asked), from: first)
        scene.finish(try run(0, 0..<2, in: scene), from: first)
        let second = try connectSeeder(2, to: scene)
        _ = scene.take()
        scene.gone(first)
        #expect(scene.requests(to: second, in: scene.take()) == [try run(0, 2..<4, in: scene)])
    }

    @Test func `a run that crosses the loss of one of its blocks is left out, and the others asked anew`() throws {
        let scene = try EngineScene(pieces: 1)
        let slow = try connectSeeder(1, to: scene)
        let asked = scene.requests(to: slow, in: scene.take())[0]
        scene.now = scene.now + .seconds(1)
        let fast = try connectSeeder(2, to: scene)
        let raced = scene.requests(to: fast, in: scene.take())
        #expect(raced.allSatisfy { $0.length == PieceLayout.blockLength }, "in the end-game, block by block")
        let taken = try #require(raced.first)
        #expect(scene.deliver(taken, from: fast))
        #expect(scene.take().contains(.send(.cancel(taken), to: slow)))
        #expect(scene.start(BlockHeader(asked), from: slow) == nil)
        #expect(scene.engine.connectionCount == 2)
        scene.wait(.seconds(1))
        let again = scene.requests(to: fast, in: scene.take()) + scene.requests(to: slow, in: scene.take())
        #expect(!again.contains { $0.contains(taken) })
    }

    @Test func `a peer that promises no runs may answer none`() throws {
        let scene = try EngineScene()
        let key = try scene.connectSeeder(1)
        let blocks = scene.requests(to: key, in: scene.take())
        let run = try #require(blocks[0].joined(with: blocks[1]))
        #expect(scene.start(BlockHeader(run), from: key) == nil)
        let fault = PeerFault.wrongBlockLength(expected: blocks[0].length, actual: run.length)
        #expect(scene.take() == [.close(key, fault)])
    }

    @Test func `a run is rejected by one message`() throws {
        let scene = try EngineScene(pieces: 1)
        let key = try connectSeeder(1, to: scene, isFast: true)
        let asked = scene.requests(to: key, in: scene.take())[0]
        scene.receive(.reject(asked), from: key)
        #expect(scene.requests(to: key, in: scene.take()) == [asked], "unchoked, so it is asked once more")
        #expect(scene.engine.connectionCount == 1)
    }

    @Test func `a block may be taken back out of a run, before it is read`() throws {
        let scene = try EngineScene(complete: true) { $0.uploadWindow = 65_536 }
        let key = try connectLeecher(1, to: scene)
        for piece in 0..<2 { scene.receive(.request(try run(piece, 0..<4, in: scene)), from: key) }
        #expect(scene.take() == [.serve(try run(0, 0..<4, in: scene), to: key)])
        // One that waits, and one that is handed out.
        scene.receive(.cancel(try scene.block(1, 1)), from: key)
        #expect(scene.take() == [.send(.reject(try scene.block(1, 1)), to: key)])
        scene.receive(.cancel(try scene.block(0, 2)), from: key)
        #expect(scene.take() == [.cancelServe(try scene.block(0, 2), to: key)])
        scene.leaveOut(try scene.block(0, 2), to: key)
        scene.upload(try run(0, 0..<2, in: scene), to: key)
        scene.upload(try scene.block(0, 3), to: key)
        let actions = scene.take()
        #expect(actions.contains(.send(.reject(try scene.block(0, 2)), to: key)))
        #expect(actions.contains(.serve(try scene.block(1, 0), to: key)))
        #expect(actions.contains(.serve(try run(1, 2..<4, in: scene), to: key)))
    }

    @Test func `only whole blocks are taken out of a run`() throws {
        let scene = try EngineScene(complete: true) { $0.uploadWindow = 16_384 }
        let key = try connectLeecher(1, to: scene)
        for piece in 0..<2 { scene.receive(.request(try run(piece, 0..<4, in: scene)), from: key) }
        _ = scene.take()
        scene.receive(.cancel(piece: 1, offset: 5, length: 100), from: key)
        scene.receive(.cancel(piece: 1, offset: 16_384, length: 100), from: key)
        #expect(scene.take() == [])
    }
}
