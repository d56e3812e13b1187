import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `Torrent engine, peers that make way` {
    private let newcomer = PeerAddress(ip: .v4(0x0A00_00C8), port: 6881)

    /// Two connections, which are all that is wanted, and an address that waits.
    private func fullScene() throws -> (EngineScene, ann: PeerKey, bob: PeerKey) {
        let scene = try EngineScene(blocks: 1) {
            $0.wantedConnections = 2
            $0.maximumConnections = 2
        }
        let (ann, bob) = (try scene.connect(1), try scene.connect(2))
        for key in [ann, bob] { scene.receive(.bitfield(Bitfield(allOf: 8)), from: key) }
        var actions: [TorrentAction] = []
        scene.engine.learn([newcomer], from: .tracker, at: scene.now, into: &actions)
        #expect(actions == [])
        return (scene, ann, bob)
    }

    private func wait(_ scene: EngineScene, _ duration: Duration, keeping keys: [PeerKey]) {
        scene.wait(duration)
        for key in keys { scene.receive(.keepAlive, from: key) }
    }

    @Test func `one that gave nothing for minutes makes way for one that answers, and not before`() throws {
        let (scene, ann, bob) = try fullScene()
        wait(scene, .seconds(60), keeping: [ann, bob])
        #expect(!scene.take().contains(.connect(newcomer)))
        wait(scene, .seconds(61), keeping: [ann, bob])
        let actions = scene.take()
        #expect(actions.contains(.connect(newcomer)))
        #expect(!actions.contains(.close(ann, .outranked)))
        _ = try scene.connect(3, dialled: newcomer)
        #expect(scene.take().first == .close(ann, .outranked), "the first of equals")
        #expect(scene.engine.connectionCount == 2)
    }

    @Test func `one that proved good stays when another did not`() throws {
        let (scene, ann, bob) = try fullScene()
        scene.receive(.unchoke, from: ann)
        let block = scene.requests(to: ann, in: scene.take())[0]
        scene.deliver(block, from: ann)
        scene.check(block.piece, isGood: true)
        scene.receive(.choke, from: ann)
        for _ in 0..<3 { wait(scene, .seconds(61), keeping: [ann, bob]) }
        #expect(scene.take().contains(.connect(newcomer)))
        _ = try scene.connect(3, dialled: newcomer)
        #expect(scene.take().first == .close(bob, .outranked))
    }

    @Test func `nobody makes way who gives, nor once we want nothing`() throws {
        let (scene, ann, bob) = try fullScene()
        for key in [ann, bob] { scene.receive(.unchoke, from: key) }
        for _ in 0..<3 {
            wait(scene, .seconds(50), keeping: [ann, bob])
            for key in [ann, bob] {
                guard let block = scene.requests(to: key, in: scene.take()).first else { continue }
                scene.deliver(block, from: key)
            }
        }
        #expect(!scene.take().contains(.connect(newcomer)))
        let seeder = try EngineScene(complete: true) { $0.wantedConnections = 1 }
        let key = try seeder.connect(1)
        var actions: [TorrentAction] = []
        seeder.engine.learn([newcomer], from: .tracker, at: seeder.now, into: &actions)
        for _ in 0..<5 { wait(seeder, .seconds(61), keeping: [key]) }
        #expect(!seeder.take().contains(.connect(newcomer)))
    }
}
