import BitTorrentTypes
import PeerWire
import Testing

@testable import PeerEngine

@Suite struct `A choker that seeds` {
    private func key(_ number: Int) -> PeerKey { PeerKey(slot: Int32(number), generation: 1) }

    private func settings(_ seedChoking: SeedChoking, slots: Int) -> EngineSettings {
        var settings = EngineSettings()
        settings.seedChoking = seedChoking
        settings.uploadSlots = slots
        settings.optimisticSlots = 0
        settings.turnLength = 1_000
        return settings
    }

    @Test func `serves those that take fastest`() {
        var choker = Choker()
        let settings = settings(.fastestUpload, slots: 1)
        var random = EngineRandom(seed: 1)
        let peers = [
            Choker.Candidate(key: key(1), isInterested: true, rate: 10, progress: 0),
            Choker.Candidate(key: key(2), isInterested: true, rate: 30, progress: 0.5),
        ]
        #expect(choker.rechoke(peers, isSeeding: true, by: settings, at: .zero, using: &random) == [key(2)])
    }

    @Test func `serves beginners and those nearly done against leeches`() {
        var choker = Choker()
        let settings = settings(.antiLeech, slots: 2)
        var random = EngineRandom(seed: 1)
        let peers = [
            Choker.Candidate(key: key(1), isInterested: true, rate: 99, progress: 0.5),
            Choker.Candidate(key: key(2), isInterested: true, rate: 1, progress: 0.02),
            Choker.Candidate(key: key(3), isInterested: true, rate: 1, progress: 0.7),
            Choker.Candidate(key: key(4), isInterested: true, rate: 1, progress: 0.99),
        ]
        #expect(choker.rechoke(peers, isSeeding: true, by: settings, at: .zero, using: &random) == [key(4), key(2)])
        #expect(
            choker.rechoke(peers, isSeeding: false, by: settings, at: .zero, using: &random)[0] == key(1),
            "a leecher trades"
        )
    }

    @Test func `lets a peer finish its turn, then the one that waited longest is next`() {
        var choker = Choker()
        let settings = settings(.roundRobin, slots: 1)
        var random = EngineRandom(seed: 1)
        var holder = Choker.Candidate(key: key(1), isInterested: true, isUnchoked: true, rate: 5, sentInTurn: 999)
        let waiting = [
            Choker.Candidate(key: key(2), isInterested: true, waitsSince: .zero + .seconds(5)),
            Choker.Candidate(key: key(3), isInterested: true, waitsSince: .zero + .seconds(3)),
        ]
        let now = EngineTime.zero + .seconds(60)
        #expect(choker.rechoke([holder] + waiting, isSeeding: true, by: settings, at: now, using: &random) == [key(1)])
        holder.sentInTurn = 1_000
        #expect(choker.rechoke([holder] + waiting, isSeeding: true, by: settings, at: now, using: &random) == [key(3)])
    }

    @Test func `takes the turn of a peer that does nothing with it`() {
        var choker = Choker()
        let settings = settings(.roundRobin, slots: 1)
        var random = EngineRandom(seed: 1)
        let peers = [
            Choker.Candidate(key: key(1), isInterested: true, isUnchoked: true),
            Choker.Candidate(key: key(2), isInterested: true),
        ]
        let now = EngineTime.zero + .seconds(60)
        #expect(choker.rechoke(peers, isSeeding: true, by: settings, at: now, using: &random) == [key(1)])
        #expect(choker.rechoke(peers, isSeeding: true, by: settings, at: now, using: &random) == [key(2)])
    }

    @Test func `gives everybody a turn in a swarm`() throws {
        let scene = try EngineScene(pieces: 64, blocks: 1, complete: true) {
            $0.seedChoking = .roundRobin
            $0.turnLength = 1
            $0.uploadSlots = 1
            $0.optimisticSlots = 0
        }
        scene.wait(.seconds(1))
        let keys = try (1...5).map { try scene.connectLeecher(UInt8($0)) }
        var served: [PeerKey] = []
        for round in 0..<5 {
            for case .send(.unchoke, let key) in scene.take() { served.append(key) }
            guard let key = served.last else { break }
            let block = try scene.block(round, 0)
            scene.receive(.request(block), from: key)
            scene.upload(block, to: key)
            _ = scene.take()
            scene.wait(.seconds(10))
        }
        #expect(Set(served) == Set(keys))
    }
}
