import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, speaking extensions` {
    private let knowing = "d1:md11:lt_donthavei7e11:upload_onlyi3eee"

    private func offered(_ name: String) throws -> UInt8 {
        try #require(ExtensionMessage.offered[Array(name.utf8)])
    }

    @Test func `offers the extensions it understands`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(1, speaksExtensions: true)
        guard case .send(.extended(id: 0, let payload), key)? = scene.take().last else {
            Issue.record("no extension handshake")
            return
        }
        let ours = try #require(ExtensionHandshake(payload: payload))
        #expect(ours.extensions == ExtensionMessage.offered)
        #expect(ours.isUploadOnly == nil)
    }

    @Test func `says that it wants nothing more when it is finished, in the form that the peer knows`() throws {
        let scene = try EngineScene(blocks: 1, wanted: "·-------")
        let short = try scene.connect(2, speaksExtensions: true)
        scene.introduce(knowing, from: short)
        let long = try scene.connect(3, speaksExtensions: true)
        let old = try scene.connect(4)
        _ = scene.take()
        let actions = scene.download(from: try scene.connectSeeder(1), scene.take())
        #expect(actions.contains(.send(.extended(id: 3, payload: [1]), to: short)))
        let told = actions.compactMap { action -> Bool? in
            guard case .send(.extended(id: 0, let payload), long) = action else { return nil }
            return ExtensionHandshake(payload: payload)?.isUploadOnly
        }
        #expect(told == [true])
        #expect(!actions.contains { if case .send(.extended, old) = $0 { true } else { false } })
        scene.want("··------")
        #expect(scene.take().contains(.send(.extended(id: 3, payload: [0]), to: short)))
    }

    @Test func `leaves a peer that wants nothing any more, once it wants nothing itself`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connect(1, speaksExtensions: true)
        scene.introduce("d1:md6:ut_pexi1eee", from: key)
        _ = scene.take()
        scene.receive(.extended(id: try offered("upload_only"), payload: [1]), from: key)
        #expect(scene.take() == [.close(key, .bothComplete)])
        let leecher = try EngineScene()
        let other = try leecher.connect(1, speaksExtensions: true)
        leecher.introduce("d11:upload_onlyi1ee", from: other)
        #expect(leecher.engine.connectionCount == 1, "it may have what we want")
    }

    @Test func `a further handshake does not make it forget the first`() throws {
        let scene = try EngineScene(blocks: 1, wanted: "·-------")
        let key = try scene.connect(2, speaksExtensions: true)
        scene.introduce("d1:md11:upload_onlyi3ee4:reqqi5e1:v3:abce", from: key)
        scene.introduce("d11:upload_onlyi0ee", from: key)
        #expect(scene.engine.peers(at: scene.now).first?.client == Array("abc".utf8))
        let actions = scene.download(from: try scene.connectSeeder(1), scene.take())
        #expect(actions.contains(.send(.extended(id: 3, payload: [1]), to: key)))
    }

    @Test func `tells that a piece is lost, shares it no more and asks for it again`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connect(1, speaksExtensions: true, isFast: true)
        scene.introduce(knowing, from: key)
        scene.receive(.bitfield(try Bitfield(drawn: "··#·····")), from: key)
        scene.receive(.unchoke, from: key)
        let old = try scene.connect(2)
        _ = scene.take()
        try scene.lose(2)
        let actions = scene.take()
        #expect(actions.contains(.send(.extended(id: 7, payload: [0, 0, 0, 2]), to: key)))
        #expect(actions.contains(.send(.extended(id: 3, payload: [0]), to: key)), "and wants something again")
        #expect(actions.contains(.send(.interested, to: key)))
        #expect(Set(scene.requests(to: key, in: actions).map(\.piece.rawValue)) == [2])
        #expect(!actions.contains { if case .send(.extended, old) = $0 { true } else { false } })
        scene.receive(.request(try scene.block(2, 0)), from: key)
        #expect(scene.take() == [.send(.reject(try scene.block(2, 0)), to: key)])
        try scene.lose(2)
        #expect(scene.take() == [], "once")
    }

    @Test func `asks another for a piece that a peer lost`() throws {
        let scene = try EngineScene(pieces: 2, blocks: 2)
        let key = try scene.connect(1, speaksExtensions: true, isFast: true)
        scene.receive(.haveAll, from: key)
        scene.receive(.unchoke, from: key)
        let asked = scene.requests(to: key, in: scene.take())
        #expect(asked.count == 4)
        let other = try scene.connectFastSeeder(2)
        _ = scene.take()
        scene.receive(.extended(id: try offered("lt_donthave"), payload: [0, 0, 0, 1]), from: key)
        let again = scene.requests(to: other, in: scene.take())
        #expect(again == (try [scene.block(1, 0), scene.block(1, 1)]))
        #expect(scene.engine.availability == [2, 1])
        scene.receive(.reject(again[0]), from: key)
        scene.receive(.have(1), from: key)
        #expect(scene.engine.availability == [2, 2])
        var actions: [TorrentAction] = []
        scene.engine.peerGone(key, .connectionLost("reset"), at: scene.now, into: &actions)
        #expect(scene.engine.availability == [1, 1])
    }

    @Test func `closes for the loss of a piece past the end`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(1, speaksExtensions: true)
        _ = scene.take()
        scene.receive(.extended(id: try offered("lt_donthave"), payload: [0, 0, 0, 8]), from: key)
        #expect(scene.take() == [.close(key, .noSuchPiece(8))])
    }
}
