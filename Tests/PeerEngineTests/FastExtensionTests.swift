import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, with the fast extension` {
    private func leecherScene(slots: Int = 1) throws -> EngineScene {
        let scene = try EngineScene(pieces: 40, complete: true) {
            $0.uploadSlots = slots
            $0.optimisticSlots = 0
            $0.uploadWindow = 2 * PieceLayout.blockLength
        }
        scene.wait(.seconds(1))
        return scene
    }

    @Test func `says none, some or all first`() throws {
        let none = try EngineScene()
        let key = try none.connect(1, isFast: true)
        #expect(none.take() == [.send(.haveNone, to: key)])
        let all = try EngineScene(complete: true)
        _ = try all.connect(1, isFast: true)
        #expect(all.take() == [.send(.haveAll, to: key)])
        let some = try EngineScene(blocks: 1, wanted: "·-------")
        _ = some.download(from: try some.connectSeeder(1), some.take())
        let other = try some.connect(2, isFast: true)
        #expect(some.take() == [.send(.bitfield(try Bitfield(drawn: "#·······")), to: other)])
    }

    @Test func `keeps asked what a choke finds under way, until it is rejected`() throws {
        let scene = try EngineScene(pieces: 1, blocks: 2)
        let key = try scene.connectFastSeeder(1)
        let asked = scene.requests(to: key, in: scene.take())
        scene.receive(.choke, from: key)
        #expect(scene.deliver(asked[0], from: key), "it was on its way")
        scene.receive(.reject(asked[1]), from: key)
        scene.receive(.unchoke, from: key)
        #expect(scene.requests(to: key, in: scene.take()) == [asked[1]])
        #expect(scene.engine.connectionCount == 1)
    }

    @Test func `asks another for a rejected block`() throws {
        let scene = try EngineScene(pieces: 1, blocks: 2)
        let first = try scene.connectFastSeeder(1)
        let asked = scene.requests(to: first, in: scene.take())
        let second = try scene.connectFastSeeder(2)
        _ = scene.take()
        scene.receive(.reject(asked[1]), from: first)
        #expect(scene.requests(to: second, in: scene.take()) == [asked[1]])
    }

    @Test func `closes a peer that rejects everything for ever`() throws {
        let scene = try EngineScene()
        let key = try scene.connectFastSeeder(1)
        var actions = scene.take()
        var count = 0
        while scene.engine.connectionCount > 0, count < 1_000 {
            for block in scene.requests(to: key, in: actions) {
                count += 1
                scene.receive(.reject(block), from: key)
            }
            actions = scene.take()
        }
        #expect(actions.last == .close(key, .tooManyRejects(51)))
        #expect(count <= 8 + 51 + 8)
    }

    @Test func `understands that a peer rejects all of a queue before it chokes`() throws {
        let scene = try EngineScene(pieces: 2, blocks: 200)
        let key = try scene.connectFastSeeder(1)
        for _ in 0..<20 {
            for block in scene.requests(to: key, in: scene.take()) { scene.receive(.reject(block), from: key) }
            scene.receive(.choke, from: key)
            scene.receive(.unchoke, from: key)
        }
        #expect(scene.engine.connectionCount == 1)
    }

    @Test func `closes for rejects of what was never asked, but not for one of what it took back`() throws {
        let scene = try EngineScene(pieces: 1, blocks: 4) { $0.rejectLimit = 3 }
        let slow = try scene.connectFastSeeder(1)
        let quick = try scene.connectFastSeeder(2)
        _ = scene.take()
        scene.wait(.milliseconds(600))
        let again = scene.requests(to: quick, in: scene.take())
        #expect(again.count == 2, "end-game")
        for block in again { scene.deliver(block, from: quick) }
        let cancels = scene.take().filter { if case .send(.cancel, _) = $0 { true } else { false } }
        #expect(cancels == again.map { .send(.cancel($0), to: slow) })
        for block in again { scene.receive(.reject(block), from: slow) }
        for _ in 1...3 { scene.receive(.reject(again[0]), from: slow) }
        #expect(scene.engine.connectionCount == 2)
        scene.receive(.reject(piece: 77, offset: 0, length: 0), from: slow)
        #expect(scene.take() == [.close(slow, .rejectsOfNothing(4))])
    }

    @Test func `rejects what it will not answer`() throws {
        let scene = try leecherScene()
        let first = try scene.connectFastLeecher(1)
        let key = try scene.connectFastLeecher(2)
        let before = scene.take()
        let piece = try #require((0..<40).first { !before.contains(.send(.allowedFast(UInt32($0)), to: key)) })
        let block = try scene.block(piece, 0)
        scene.receive(.request(block), from: key)
        #expect(scene.take() == [.send(.reject(block), to: key)], "choked")
        scene.receive(.request(piece: 99, offset: 7, length: 0), from: first)
        #expect(scene.take() == [.send(.reject(piece: 99, offset: 7, length: 0), to: first)], "absurd")
        let old = try scene.connect(3)
        scene.receive(.request(piece: 99, offset: 7, length: 0), from: old)
        #expect(!scene.take().contains(.send(.reject(piece: 99, offset: 7, length: 0), to: old)))
    }

    @Test func `rejects a piece it does not have`() throws {
        let scene = try EngineScene()
        let key = try scene.connectFastLeecher(1)
        _ = scene.take()
        scene.receive(.request(try scene.block(0, 0)), from: key)
        #expect(scene.take() == [.send(.reject(try scene.block(0, 0)), to: key)])
    }

    @Test func `rejects what it has no room for, and answers the rest`() throws {
        let scene = try EngineScene(complete: true) { $0.uploadQueueLength = 2 }
        let key = try scene.connectFastLeecher(1)
        _ = scene.take()
        let blocks = try (0..<3).map { try scene.block($0, 0) }
        for block in blocks { scene.receive(.request(block), from: key) }
        #expect(
            scene.take() == [
                .serve(blocks[0], to: key), .serve(blocks[1], to: key), .send(.reject(blocks[2]), to: key),
            ]
        )
    }

    @Test func `answers a cancel with the block when that is under way, else with a reject`() throws {
        let scene = try leecherScene()
        let key = try scene.connectFastLeecher(1)
        let blocks = try (0..<4).map { try scene.block(0, $0) }
        for block in blocks { scene.receive(.request(block), from: key) }
        _ = scene.take()
        for block in blocks.prefix(3) { scene.receive(.cancel(block), from: key) }
        let takenBack = blocks.prefix(2).map { TorrentAction.cancelServe($0, to: key) }
        #expect(scene.take() == takenBack + [.send(.reject(blocks[2]), to: key)])
        scene.receive(.cancel(blocks[2]), from: key)
        #expect(scene.take() == [], "one answer for one request")
        scene.leaveOut(blocks[1], to: key)
        #expect(scene.take() == [.send(.reject(blocks[1]), to: key), .serve(blocks[3], to: key)])
        scene.upload(blocks[0], to: key)
        scene.leaveOut(blocks[0], to: key)
        #expect(scene.take() == [], "it was on its way")
    }

    @Test func `chokes first, then rejects what waits, and sends what is on its way`() throws {
        let scene = try leecherScene()
        let key = try scene.connectFastLeecher(1)
        let blocks = try (0..<4).map { try scene.block(0, $0) }
        for block in blocks { scene.receive(.request(block), from: key) }
        let other = try scene.connectFastLeecher(2)
        for piece in 10..<20 { scene.receive(.have(UInt32(piece)), from: key) }
        _ = scene.take()
        scene.receive(.notInterested, from: key)
        scene.wait(.seconds(10))
        // The other gets the slot, and is told what to fetch.
        let actions = scene.take().filter { if case .send(_, other) = $0 { false } else { true } }
        let rejects = blocks.suffix(2).map { TorrentAction.send(.reject($0), to: key) }
        let takenBack = blocks.prefix(2).map { TorrentAction.cancelServe($0, to: key) }
        #expect(actions == [.send(.choke, to: key)] + takenBack + rejects)
        scene.upload(blocks[0], to: key)
        #expect(scene.engine.counters.uploaded == blocks[0].length)
    }

    /// Two peers that have all pieces between them.
    private func spread(in scene: EngineScene) throws {
        for (number, pieces) in [(UInt8(31), UInt32(0)..<20), (32, 20..<40)] {
            let key = try scene.connect(number)
            for piece in pieces { scene.receive(.have(piece), from: key) }
        }
        _ = scene.take()
    }

    @Test func `gives nothing for free that nobody else has`() throws {
        let scene = try leecherScene()
        _ = try scene.connectFastLeecher(1)
        _ = try scene.connectFastLeecher(2)
        #expect(!scene.take().contains { if case .send(.allowedFast, _) = $0 { true } else { false } })
    }

    @Test func `lets a beginner have ten pieces while it is choked, once`() throws {
        let scene = try leecherScene()
        try spread(in: scene)
        _ = try scene.connectFastLeecher(1)
        let key = try scene.connectFastLeecher(2)
        let actions = scene.take()
        let granted = actions.compactMap { action -> Int? in
            guard case .send(.allowedFast(let piece), key) = action else { return nil }
            return Int(piece)
        }
        #expect(Set(granted).count == 10)
        for piece in granted {
            for number in 0..<4 {
                let block = try scene.block(piece, number)
                scene.receive(.request(block), from: key)
                #expect(scene.take() == [.serve(block, to: key)])
                scene.upload(block, to: key)
            }
        }
        let again = try scene.block(granted[0], 0)
        scene.receive(.request(again), from: key)
        #expect(scene.take() == [.send(.reject(again), to: key)])
    }

    @Test func `gives nothing for free to a peer that has ten pieces`() throws {
        let scene = try leecherScene()
        try spread(in: scene)
        _ = try scene.connectFastLeecher(1)
        let key = try scene.connectFastLeecher(2)
        let granted = scene.take().compactMap { action -> UInt32? in
            guard case .send(.allowedFast(let piece), key) = action else { return nil }
            return piece
        }
        for piece in 0..<10 { scene.receive(.have(UInt32(piece)), from: key) }
        _ = scene.take()
        let block = try scene.block(Int(granted[0]), 0)
        scene.receive(.request(block), from: key)
        #expect(scene.take() == [.send(.reject(block), to: key)])
    }

    @Test func `asks a peer that chokes it for what that allows, until it is told no`() throws {
        let scene = try EngineScene(blocks: 2)
        let key = try scene.connect(1, isFast: true)
        scene.receive(.haveAll, from: key)
        #expect(scene.requests(to: key, in: scene.take()) == [])
        scene.receive(.allowedFast(5), from: key)
        scene.receive(.allowedFast(99), from: key)
        let asked = scene.requests(to: key, in: scene.take())
        #expect(asked == (try [scene.block(5, 0), scene.block(5, 1)]))
        scene.deliver(asked[0], from: key)
        scene.receive(.reject(asked[1]), from: key)
        scene.wait(.seconds(1))
        #expect(scene.requests(to: key, in: scene.take()) == [])
    }

    @Test func `does not take a permission for a piece`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(1, isFast: true)
        scene.receive(.haveNone, from: key)
        _ = scene.take()
        scene.receive(.allowedFast(5), from: key)
        #expect(scene.take() == [])
        scene.receive(.have(5), from: key)
        #expect(Set(scene.requests(to: key, in: scene.take()).map(\.piece.rawValue)) == [5])
    }

    @Test func `goes on with what is allowed when it is choked`() throws {
        let scene = try EngineScene(blocks: 2)
        let key = try scene.connect(1, isFast: true)
        scene.receive(.haveAll, from: key)
        scene.receive(.allowedFast(5), from: key)
        scene.receive(.unchoke, from: key)
        let asked = scene.requests(to: key, in: scene.take())
        let other = try scene.connect(2, isFast: true)
        scene.receive(.haveAll, from: other)
        scene.receive(.choke, from: key)
        scene.receive(.unchoke, from: other)
        let elsewhere = Set(scene.requests(to: other, in: scene.take()))
        #expect(!elsewhere.contains { $0.piece.rawValue == 5 })
        #expect(elsewhere.isSuperset(of: asked.filter { $0.piece.rawValue != 5 }))
        #expect(scene.deliver(try scene.block(5, 0), from: key))
    }

    @Test func `begins a piece that is suggested, unless another is wanted more`() throws {
        let scene = try EngineScene(pieces: 30, blocks: 1)
        let key = try scene.connect(1, isFast: true)
        scene.receive(.haveAll, from: key)
        scene.receive(.suggest(17), from: key)
        scene.receive(.suggest(99), from: key)
        scene.receive(.unchoke, from: key)
        #expect(scene.requests(to: key, in: scene.take()).first?.piece.rawValue == 17)
        let marks = String(repeating: "·", count: 29) + "h"
        let choosy = try EngineScene(pieces: 30, blocks: 1, wanted: marks)
        let other = try choosy.connect(1, isFast: true)
        choosy.receive(.haveAll, from: other)
        choosy.receive(.suggest(17), from: other)
        choosy.receive(.unchoke, from: other)
        #expect(choosy.requests(to: other, in: choosy.take()).map(\.piece.rawValue) == [29, 17])
    }

    @Test func `keeps its books when a peer was asked for a block again and again`() throws {
        let scene = try EngineScene(pieces: 1, blocks: 2)
        let key = try scene.connectFastSeeder(1)
        for _ in 0..<5 {
            scene.receive(.choke, from: key)
            scene.receive(.unchoke, from: key)
        }
        for number in 0..<2 { scene.deliver(try scene.block(0, number), from: key) }
        #expect(scene.take().contains(.verify(try scene.block(0, 0).piece)))
        scene.check(try scene.block(0, 0).piece, isGood: false)
        #expect(scene.engine.connectionCount == 0, "it alone sent the bad piece")
        let honest = try scene.connectFastSeeder(2)
        #expect(scene.requests(to: honest, in: scene.take()).count == 2)
    }

    @Test func `remembers no more for a peer that chokes and unchokes and answers nothing`() throws {
        let scene = try EngineScene(pieces: 2, blocks: 600)
        let key = try scene.connectFastSeeder(1)
        for _ in 0..<200 {
            scene.receive(.choke, from: key)
            scene.receive(.unchoke, from: key)
            scene.wait(.milliseconds(250))
        }
        #expect(scene.take().count < 200 * 70)
        #expect(scene.engine.connectionCount == 1)
    }
}
