import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, connecting` {
    private let address = PeerAddress(ip: .v4(0x0A00_0009), port: 6881)

    private func learn(_ addresses: [PeerAddress], _ scene: EngineScene) -> [TorrentAction] {
        var actions: [TorrentAction] = []
        scene.engine.learn(addresses, from: .tracker, at: scene.now, into: &actions)
        return actions
    }

    @Test func `dials what it learns, sixteen at a time`() throws {
        let scene = try EngineScene()
        let many = (1...40).map { PeerAddress(ip: .v4(0x0A00_0000 + $0), port: 6881) }
        let dials = learn(many, scene)
        #expect(dials == many.prefix(16).map { .connect($0) })
        scene.engine.dialFailed(many[0], .connectionLost("refused"), at: scene.now)
        #expect(learn([], scene) == [.connect(many[16])])
    }

    @Test func `refuses itself and never dials itself again`() throws {
        let scene = try EngineScene()
        _ = learn([address], scene)
        #expect(throws: PeerFault.ownPeerID) { _ = try scene.connect(200, dialled: address) }
        scene.wait(.seconds(100_000))
        #expect(!scene.take().contains(.connect(address)))
    }

    @Test func `refuses a second connection of a peer`() throws {
        let scene = try EngineScene()
        _ = try scene.connect(1)
        #expect(throws: PeerFault.duplicate) { _ = try scene.connect(1) }
        #expect(throws: Never.self) { _ = try scene.connect(1, ip: "10.0.9.9") }
    }

    @Test func `of two connections dialled at once keeps the one of the smaller id`() throws {
        let scene = try EngineScene()
        let theirs = try scene.connect(1)
        let dialled = PeerAddress(ip: .v4(0x0A00_0001), port: 6881)
        #expect(throws: PeerFault.duplicate, "theirs is smaller, so theirs stays") {
            _ = try scene.connect(1, dialled: dialled)
        }
        #expect(scene.engine.connectionCount == 1)
        let other = try scene.connect(250)
        _ = scene.take()
        _ = try scene.connect(250, dialled: PeerAddress(ip: .v4(0x0A00_00FA), port: 6881))
        #expect(scene.take() == [.close(other, .duplicate)], "ours is smaller, so ours stays")
        #expect(scene.engine.connectionCount == 2)
        _ = theirs
    }

    @Test func `keeps to its limits of connections`() throws {
        let scene = try EngineScene {
            $0.addressSharing = .severalPeers
            $0.maximumConnections = 5
            $0.maximumPerAddress = 3
        }
        for number in 1...3 { _ = try scene.connect(UInt8(number), ip: "10.0.0.1") }
        #expect(throws: PeerFault.tooManyFromAddress) { _ = try scene.connect(4, ip: "10.0.0.1") }
        for number in 5...6 { _ = try scene.connect(UInt8(number)) }
        #expect(throws: PeerFault.tooManyConnections) { _ = try scene.connect(7) }
    }

    @Test func `takes one peer of an address, unless it is this machine or told otherwise`() throws {
        let scene = try EngineScene()
        _ = try scene.connect(1, ip: "10.0.0.1")
        #expect(throws: PeerFault.tooManyFromAddress) { _ = try scene.connect(2, ip: "10.0.0.1") }
        for number in 3...5 { _ = try scene.connect(UInt8(number), ip: "127.0.0.1") }
        for number in 6...8 { _ = try scene.connect(UInt8(number), ip: "::1") }
        let household = try EngineScene { $0.addressSharing = .severalPeers }
        for number in 1...64 { _ = try household.connect(UInt8(number), ip: "10.0.0.1") }
        #expect(throws: PeerFault.tooManyFromAddress) { _ = try household.connect(65, ip: "10.0.0.1") }
        #expect(household.engine.connectionCount == 64)
    }

    @Test func `does not dial a second port of an address it is connected to`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(9)
        #expect(learn([address], scene) == [])
        var actions: [TorrentAction] = []
        scene.engine.peerGone(key, .connectionLost("reset"), at: scene.now, into: &actions)
        #expect(actions == [.connect(address)])
    }

    /// Our address by these peers is 123.213.32.10; so 98.76.54.32 ranks EC2D7224 and 123.213.32.234 ranks 99568189.
    private func fullScene(_ first: String, _ second: String) throws -> (EngineScene, first: PeerKey) {
        let scene = try EngineScene { $0.maximumConnections = 2 }
        let key = try scene.connect(1, ip: first, speaksExtensions: true)
        let other = try scene.connect(2, ip: second, speaksExtensions: true)
        for key in [key, other] {
            let payload = Array("d6:yourip4:".utf8) + [123, 213, 32, 10] + Array("e".utf8)
            scene.receive(.extended(id: 0, payload: payload), from: key)
        }
        _ = scene.take()
        return (scene, key)
    }

    @Test func `when it is full, an idle peer makes way for one that the swarm prefers`() throws {
        let (scene, first) = try fullScene("123.213.32.234", "98.76.54.33")
        _ = try scene.connect(3, ip: "98.76.54.32")
        #expect(scene.take().first == .close(first, .outranked))
        #expect(scene.engine.connectionCount == 2)
    }

    @Test func `when it is full, nobody makes way for a peer that the swarm prefers less`() throws {
        let (scene, _) = try fullScene("98.76.54.32", "98.76.54.33")
        #expect(throws: PeerFault.tooManyConnections) { _ = try scene.connect(3, ip: "123.213.32.234") }
        #expect(scene.take() == [])
    }

    @Test func `when it is full, a peer that gives us blocks stays`() throws {
        let (scene, first) = try fullScene("123.213.32.234", "98.76.54.32")
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: first)
        scene.receive(.unchoke, from: first)
        #expect(throws: PeerFault.tooManyConnections) { _ = try scene.connect(3, ip: "98.76.54.33") }
    }

    @Test func `dials those that the swarm prefers first when there are more than it dials`() throws {
        let scene = try EngineScene { $0.maximumDials = 1 }
        let key = try scene.connect(1, ip: "5.6.7.8", speaksExtensions: true)
        let payload = Array("d6:yourip4:".utf8) + [123, 213, 32, 10] + Array("e".utf8)
        scene.receive(.extended(id: 0, payload: payload), from: key)
        let near = try #require(PeerAddress("123.213.32.234:1"))
        let far = try #require(PeerAddress("98.76.54.32:1"))
        #expect(learn([near, far], scene) == [.connect(far)])
        scene.engine.dialFailed(far, .connectionLost("refused"), at: scene.now)
        #expect(learn([], scene) == [.connect(near)])
    }

    @Test func `closes a silent peer after three minutes and speaks up itself after a minute and a half`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(1)
        scene.wait(.seconds(91))
        #expect(scene.take() == [.send(.keepAlive, to: key)])
        scene.wait(.seconds(90))
        #expect(scene.take().contains(.close(key, .silent)))
    }

    @Test func `pausing closes everybody, and nobody gets in until it resumes`() throws {
        let scene = try EngineScene()
        _ = learn([address], scene)
        let key = try scene.connect(9, dialled: address)
        var actions: [TorrentAction] = []
        scene.engine.pause(at: scene.now, into: &actions)
        #expect(actions == [.close(key, .stopped)])
        #expect(throws: PeerFault.stopped) { _ = try scene.connect(2) }
        scene.wait(.seconds(10))
        #expect(!scene.take().contains(.connect(address)))
        scene.engine.resume(at: scene.now, into: &actions)
        #expect(actions.last == .connect(address))
    }

    @Test func `what is reported about a closed connection is ignored`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(1)
        scene.receive(.have(99), from: key)
        #expect(scene.take() == [.close(key, .noSuchPiece(99))])
        scene.receive(.unchoke, from: key)
        #expect(scene.start(BlockHeader(try scene.block(0, 0)), from: key) == nil)
        scene.finish(try scene.block(0, 0), from: key)
        scene.upload(try scene.block(0, 0), to: key)
        let next = try scene.connect(2)
        #expect(next != key)
        #expect(scene.take() == [])
    }

    @Test func `dials a peer again soon after its connection broke`() throws {
        let scene = try EngineScene()
        _ = learn([address], scene)
        let key = try scene.connect(9, dialled: address)
        scene.wait(.seconds(6))
        var actions: [TorrentAction] = []
        scene.engine.peerGone(key, .connectionLost("reset"), at: scene.now, into: &actions)
        scene.wait(.milliseconds(1_300))
        #expect(scene.take() == [.connect(address)])
    }

    @Test func `introduces itself after the bitfield to a peer that speaks extensions`() throws {
        let scene = try EngineScene(complete: true) { $0.listenPort = 6_881 }
        let key = try scene.connect(1, speaksExtensions: true)
        let actions = scene.take()
        #expect(actions.first == .send(.bitfield(Bitfield(allOf: 8)), to: key))
        guard case .send(.extended(id: 0, let payload), key)? = actions.last else {
            Issue.record("no extension handshake")
            return
        }
        let ours = ExtensionHandshake(payload: payload)
        #expect(ours?.client == Array("p2p/0.1".utf8))
        #expect(ours?.requestQueueLength == 2_000)
        #expect(ours?.listenPort == 6_881)
        #expect(ours?.yourAddress == IPAddress("10.0.0.1"))
        #expect(ours?.isUploadOnly == true)
    }

    @Test func `leaves a peer that says it only uploads once we have everything`() throws {
        let scene = try EngineScene(complete: true)
        let key = try scene.connect(1, speaksExtensions: true)
        _ = scene.take()
        scene.receive(.extended(id: 0, payload: Array("d11:upload_onlyi1ee".utf8)), from: key)
        #expect(scene.take() == [.close(key, .bothComplete)])
    }

    @Test func `asks no more at once than the peer keeps, also when it says none`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(1, speaksExtensions: true)
        scene.receive(.extended(id: 0, payload: Array("d4:reqqi0ee".utf8)), from: key)
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: key)
        scene.receive(.unchoke, from: key)
        #expect(scene.requests(to: key, in: scene.take()).count == 1)
        scene.wait(.seconds(1))
        #expect(scene.requests(to: key, in: scene.take()).count == 0)
    }

    @Test func `does not dial a peer that came to us and told its port`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(9, speaksExtensions: true)
        scene.receive(.extended(id: 0, payload: Array("d1:pi6881ee".utf8)), from: key)
        #expect(learn([address], scene) == [])
        #expect(scene.engine.knownAddressCount == 1)
    }

    @Test func `takes a late bitfield as what many haves would say`() throws {
        let scene = try EngineScene()
        let key = try scene.connect(9)
        let some = try #require(Bitfield(wire: [0b1010_0000], pieceCount: 8))
        scene.receive(.bitfield(some), from: key)
        _ = scene.take()
        scene.receive(.unchoke, from: key)
        #expect(Set(scene.requests(to: key, in: scene.take()).map(\.piece.rawValue)) == [0, 2])
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: key)
        #expect(scene.engine.peers(at: scene.now).map(\.progress) == [1])
    }

    @Test func `closes a peer that repeats its bitfield for ever`() throws {
        let scene = try EngineScene { $0.repeatedBitfieldLimit = 3 }
        let key = try scene.connect(9)
        for _ in 1...4 { scene.receive(.bitfield(Bitfield(allOf: 8)), from: key) }
        _ = scene.take()
        scene.receive(.bitfield(Bitfield(allOf: 8)), from: key)
        #expect(scene.take() == [.close(key, .repeatedBitfield(4))])
    }

    @Test func `closes a peer that tells of the same piece for ever`() throws {
        let scene = try EngineScene { $0.repeatedHaveLimit = 3 }
        let key = try scene.connect(9)
        // The first is news, and eight more are what a lazy bitfield may bring.
        for _ in 0..<1 + 8 + 3 { scene.receive(.have(1), from: key) }
        #expect(scene.engine.connectionCount == 1)
        _ = scene.take()
        scene.receive(.have(1), from: key)
        #expect(scene.take() == [.close(key, .repeatedHaves(12))])
    }
}
