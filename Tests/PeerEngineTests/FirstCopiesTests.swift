import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, giving away the first copy` {
    private func suggested(to key: PeerKey, in actions: [TorrentAction]) -> [UInt32] {
        actions.compactMap { action in
            guard case .send(.suggest(let piece), key) = action else { return nil }
            return piece
        }
    }

    private func ask(_ scene: EngineScene, for piece: UInt32, from key: PeerKey) throws {
        scene.receive(.request(try scene.block(Int(piece), 0)), from: key)
    }

    @Test func `suggests other pieces to each peer, before it unchokes it`() throws {
        let scene = try EngineScene(pieces: 32, blocks: 1, complete: true)
        let (ann, bob) = (try scene.connectFastLeecher(1), try scene.connectFastLeecher(2))
        let actions = scene.take()
        #expect(suggested(to: ann, in: actions) == [], "alone it needs no advice")
        let told = suggested(to: bob, in: actions)
        let unchoke = try #require(actions.firstIndex(of: .send(.unchoke, to: bob)))
        let last = try #require(actions.lastIndex { if case .send(.suggest, bob) = $0 { true } else { false } })
        #expect(!told.isEmpty && last < unchoke)
        try ask(scene, for: told[0], from: bob)
        let next = suggested(to: bob, in: scene.take())
        #expect(next.count == 1 && !told.contains(next[0]))
        let other = try #require((0..<32).first { !(told + next).contains($0) })
        try ask(scene, for: other, from: ann)
        let toAnn = suggested(to: ann, in: scene.take())
        #expect(!toAnn.isEmpty && Set(toAnn).isDisjoint(with: told + next + [other]))
    }

    @Test func `suggests nothing that a peer has`() throws {
        let scene = try EngineScene(pieces: 8, blocks: 1, complete: true)
        _ = try scene.connect(1)
        let ann = try scene.connect(2, isFast: true)
        scene.receive(.bitfield(try Bitfield(drawn: "######··")), from: ann)
        scene.receive(.interested, from: ann)
        #expect(Set(suggested(to: ann, in: scene.take())) == [6, 7])
    }

    @Test func `suggests to another what a peer that is gone has not fetched`() throws {
        let scene = try EngineScene(pieces: 4, blocks: 1, complete: true)
        _ = try scene.connect(1)
        let ann = try scene.connectFastLeecher(2)
        #expect(suggested(to: ann, in: scene.take()).count == 4)
        let bob = try scene.connectFastLeecher(3)
        #expect(suggested(to: bob, in: scene.take()) == [], "everything is being fetched")
        scene.gone(ann)
        let cid = try scene.connectFastLeecher(4)
        #expect(suggested(to: cid, in: scene.take()).count == 4)
    }

    @Test func `leaves a peer alone that follows no suggestion`() throws {
        let scene = try EngineScene(pieces: 64, blocks: 1, complete: true)
        _ = try scene.connect(1)
        let ann = try scene.connectFastLeecher(2)
        var told = Set(suggested(to: ann, in: scene.take()))
        let first = told
        for piece in (0..<64).filter({ !first.contains($0) }).prefix(20) {
            try ask(scene, for: piece, from: ann)
            told.formUnion(suggested(to: ann, in: scene.take()))
        }
        #expect(told == first)
        let bob = try scene.connectFastLeecher(3)
        let others = suggested(to: bob, in: scene.take())
        #expect(!others.isEmpty)
    }

    @Test func `suggests nothing without the fast extension, nor while it super-seeds`() throws {
        let plain = try EngineScene(blocks: 1, complete: true)
        _ = try plain.connectLeecher(1)
        let ann = try plain.connectLeecher(2)
        #expect(suggested(to: ann, in: plain.take()) == [])
        let hiding = try EngineScene(blocks: 1, complete: true)
        hiding.superSeed(true)
        _ = try hiding.connectFastLeecher(1)
        let bob = try hiding.connectFastLeecher(2)
        #expect(suggested(to: bob, in: hiding.take()).count == 1, "the piece that it is shown")
    }
}
