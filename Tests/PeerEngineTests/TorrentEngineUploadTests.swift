import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, uploading` {
    @Test func `shows what it has, unchokes who is interested at once, and answers`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connect(1)
        #expect(scene.take() == [.send(.bitfield(Bitfield(allOf: 8)), to: key)])
        scene.receive(.interested, from: key)
        #expect(scene.take() == [.send(.unchoke, to: key)])
        let block = try scene.block(3, 1)
        scene.receive(.request(block), from: key)
        #expect(scene.take() == [.serve(block, to: key)])
        scene.upload(block, to: key)
        #expect(scene.engine.counters.uploaded == block.length)
    }

    @Test func `hands out a window of bytes and the rest as it is taken`() throws {
        let scene = try EngineScene(complete: true) { $0.uploadWindow = 3 * PieceLayout.blockLength }
        let key = try scene.connectLeecher(1)
        _ = scene.take()
        for piece in 0..<8 { scene.receive(.request(try scene.block(piece, 0)), from: key) }
        let first = try (0..<3).map { TorrentAction.serve(try scene.block($0, 0), to: key) }
        #expect(scene.take() == first)
        scene.upload(try scene.block(0, 0), to: key)
        #expect(scene.take() == [.serve(try scene.block(3, 0), to: key)])
    }

    @Test func `forgets a cancelled request that waits and calls back one under way`() throws {
        let scene = try EngineScene(complete: true) { $0.uploadWindow = PieceLayout.blockLength }
        let key = try scene.connectLeecher(1)
        for piece in 0..<3 { scene.receive(.request(try scene.block(piece, 0)), from: key) }
        _ = scene.take()
        scene.receive(.cancel(try scene.block(1, 0)), from: key)
        scene.receive(.cancel(try scene.block(7, 0)), from: key)
        #expect(scene.take() == [])
        scene.receive(.cancel(try scene.block(0, 0)), from: key)
        #expect(scene.take() == [.cancelServe(try scene.block(0, 0), to: key)])
        scene.receive(.request(try scene.block(5, 0)), from: key)
        #expect(scene.take() == [.serve(try scene.block(2, 0), to: key)], "the window is free again")
    }

    @Test func `closes after three hundred requests while choked`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connect(1)
        _ = scene.take()
        for _ in 0..<300 { scene.receive(.request(try scene.block(0, 0)), from: key) }
        #expect(scene.take() == [])
        scene.receive(.request(try scene.block(0, 0)), from: key)
        #expect(scene.take() == [.close(key, .tooManyIgnoredRequests(301))])
    }

    @Test func `closes after three hundred absurd requests, and reads nothing for them`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connectLeecher(1)
        _ = scene.take()
        for _ in 0..<301 { scene.receive(.request(piece: 0, offset: .max, length: .max), from: key) }
        #expect(scene.take() == [.close(key, .tooManyIgnoredRequests(301))])
    }

    @Test func `ignores a request for a piece it does not have`() throws {
        let scene = try EngineScene()
        let key = try scene.connectLeecher(1)
        _ = scene.take()
        scene.receive(.request(try scene.block(0, 0)), from: key)
        #expect(scene.take() == [])
    }

    @Test func `keeps two thousand requests and closes for a flood`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connectLeecher(1)
        _ = scene.take()
        for _ in 0..<4_000 { scene.receive(.request(try scene.block(0, 0)), from: key) }
        #expect(scene.take().count == 64, "a window of one mebibyte")
        #expect(scene.engine.connectionCount == 1)
        for _ in 0..<46_000 { scene.receive(.request(try scene.block(0, 0)), from: key) }
        #expect(scene.take() == [.close(key, .requestFlood(2_001))])
    }

    @Test func `closes a peer that asks and does not read`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connectLeecher(1)
        scene.receive(.request(try scene.block(0, 0)), from: key)
        scene.wait(.seconds(59))
        _ = scene.take()
        scene.wait(.seconds(2))
        #expect(scene.take().contains(.close(key, .notReading)))
    }

    @Test func `answers twenty thousand changes of interest with one unchoke`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connect(1)
        _ = scene.take()
        for _ in 0..<20_000 {
            scene.receive(.interested, from: key)
            scene.receive(.notInterested, from: key)
        }
        #expect(scene.take() == [.send(.unchoke, to: key)])
        scene.wait(.seconds(11))
        #expect(scene.take() == [.send(.choke, to: key)])
    }

    @Test func `gives slots to as many as there are, and a free one to who waits`() throws {
        let scene = try EngineScene(complete: true) {
            $0.uploadSlots = 1
            $0.optimisticSlots = 1
        }
        scene.wait(.seconds(1))
        let first = try scene.connectLeecher(1)
        let second = try scene.connectLeecher(2)
        let third = try scene.connectLeecher(3)
        let actions = scene.take()
        #expect(actions.contains(.send(.unchoke, to: first)) && actions.contains(.send(.unchoke, to: second)))
        #expect(!actions.contains(.send(.unchoke, to: third)))
        var gone: [TorrentAction] = []
        scene.engine.peerGone(first, .connectionLost("reset"), at: scene.now, into: &gone)
        scene.wait(.milliseconds(500))
        #expect(scene.take() == [.send(.unchoke, to: third)])
    }

    @Test func `voids what it owed when it chokes, and forgives requests that were on their way`() throws {
        let scene = try EngineScene(complete: true) {
            $0.uploadSlots = 1
            $0.optimisticSlots = 0
        }
        scene.wait(.seconds(1))
        let idle = try scene.connectLeecher(1)
        scene.receive(.request(try scene.block(0, 0)), from: idle)
        let keen = try scene.connectLeecher(2)
        _ = scene.take()
        scene.receive(.notInterested, from: idle)
        scene.wait(.seconds(10))
        let actions = scene.take()
        #expect(actions.contains(.cancelAllServes(to: idle)))
        #expect(actions.contains(.send(.choke, to: idle)) && actions.contains(.send(.unchoke, to: keen)))
        for _ in 0..<1_000 { scene.receive(.request(try scene.block(0, 0)), from: idle) }
        #expect(scene.take() == [])
        #expect(scene.engine.connectionCount == 2)
    }

    @Test func `forty idle peers keep nobody waiting`() throws {
        let scene = try EngineScene(complete: true)
        scene.wait(.seconds(1))
        for number in 1...40 { _ = try scene.connectLeecher(UInt8(number)) }
        for _ in 0..<40 { scene.wait(.milliseconds(500)) }
        for number in 100..<108 {
            _ = scene.take()
            let honest = try scene.connectLeecher(UInt8(number))
            #expect(scene.take().contains(.send(.unchoke, to: honest)))
            let block = try scene.block(0, 0)
            scene.receive(.request(block), from: honest)
            #expect(scene.take() == [.serve(block, to: honest)])
        }
    }

    @Test func `a peer that goes on asking keeps its slot against idle ones`() throws {
        let scene = try EngineScene(complete: true) { $0.uploadSlots = 1 }
        scene.wait(.seconds(1))
        let busy = try scene.connectLeecher(1)
        for number in 2...20 { _ = try scene.connectLeecher(UInt8(number)) }
        let block = try scene.block(0, 0)
        for _ in 0..<200 {
            scene.receive(.request(block), from: busy)
            scene.upload(block, to: busy)
            scene.wait(.milliseconds(500))
        }
        #expect(!scene.take().contains(.send(.choke, to: busy)))
    }
}
