import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, super-seeding` {
    private func scene(pieces: Int = 8) throws -> EngineScene {
        let scene = try EngineScene(pieces: pieces, blocks: 1, complete: true)
        scene.superSeed(true)
        return scene
    }

    private func revealed(to key: PeerKey, in actions: [TorrentAction]) -> [UInt32] {
        actions.compactMap { action in
            guard case .send(.have(let piece), key) = action else { return nil }
            return piece
        }
    }

    @Test func `passes for a peer with nothing and shows each peer one piece, to each another`() throws {
        let scene = try scene()
        let ann = try scene.connect(1)
        let first = scene.take()
        let bob = try scene.connect(2, isFast: true)
        let second = scene.take()
        #expect(first.count == 1 && revealed(to: ann, in: first).count == 1, "no bitfield")
        #expect(second.first == .send(.haveNone, to: bob))
        let piece = try #require(revealed(to: bob, in: second).first)
        #expect(second.last == .send(.suggest(piece), to: bob))
        #expect(revealed(to: ann, in: first) != [piece])
        scene.wait(.seconds(30))
        #expect(revealed(to: ann, in: scene.take()) == [])
    }

    @Test func `shows the next piece when the last is seen at another`() throws {
        let scene = try scene()
        let ann = try scene.connect(1)
        let bob = try scene.connect(2)
        let first = try #require(revealed(to: ann, in: scene.take()).first)
        scene.receive(.have(first), from: ann)
        #expect(scene.take() == [], "it may keep it to itself")
        scene.receive(.have(first), from: bob)
        let next = revealed(to: ann, in: scene.take())
        #expect(next.count == 1 && next != [first])
    }

    @Test func `does not wait for ever for a piece to spread`() throws {
        let scene = try scene()
        let ann = try scene.connect(1)
        _ = try scene.connect(2)
        let first = try #require(revealed(to: ann, in: scene.take()).first)
        scene.wait(.seconds(121))
        #expect(revealed(to: ann, in: scene.take()) == [], "it has not fetched it")
        scene.receive(.have(first), from: ann)
        #expect(revealed(to: ann, in: scene.take()).count == 1)
    }

    @Test func `shows a lone peer the next piece when it has the last`() throws {
        let scene = try scene(pieces: 3)
        let ann = try scene.connect(1)
        var shown: [UInt32] = []
        for _ in 0..<3 {
            let piece = try #require(revealed(to: ann, in: scene.take()).first)
            shown.append(piece)
            scene.receive(.have(piece), from: ann)
        }
        #expect(Set(shown) == [0, 1, 2])
    }

    @Test func `answers only for pieces that it has shown`() throws {
        let scene = try scene()
        let key = try scene.connectFastLeecher(1)
        let shown = Set(revealed(to: key, in: scene.take()).map(Int.init))
        let hidden = try #require((0..<8).first { !shown.contains($0) })
        scene.receive(.request(try scene.block(hidden, 0)), from: key)
        #expect(scene.take() == [.send(.reject(try scene.block(hidden, 0)), to: key)])
        let open = try scene.block(try #require(shown.first), 0)
        scene.receive(.request(open), from: key)
        #expect(scene.take() == [.serve(open, to: key)])
    }

    @Test func `does not say that it only uploads, nor gives pieces for free`() throws {
        let scene = try scene()
        let key = try scene.connect(1, speaksExtensions: true, isFast: true)
        scene.receive(.haveNone, from: key)
        for action in scene.take() {
            if case .send(.extended(id: 0, let payload), _) = action {
                #expect(ExtensionHandshake(payload: payload)?.isUploadOnly == nil)
            }
            if case .send(.allowedFast, _) = action { Issue.record("a piece for free") }
        }
    }

    @Test func `shows everything when it is switched off, and nothing changes for those who know all`() throws {
        let scene = try EngineScene(pieces: 4, complete: true)
        let old = try scene.connect(1)
        scene.superSeed(true)
        let new = try scene.connect(2)
        let shown = revealed(to: new, in: scene.take())
        #expect(shown.count == 1)
        scene.superSeed(false)
        let rest = scene.take()
        #expect(Set(revealed(to: new, in: rest) + shown) == [0, 1, 2, 3])
        #expect(revealed(to: old, in: rest) == [])
    }

    @Test func `changes nothing while it downloads`() throws {
        let scene = try EngineScene()
        scene.superSeed(true)
        let key = try scene.connectSeeder(1)
        #expect(!scene.requests(to: key, in: scene.take()).isEmpty)
        #expect(scene.engine.isSuperSeeding)
    }
}
