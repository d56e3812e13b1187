import Testing

@testable import PeerEngine

@Suite struct `A choker` {
    private func key(_ number: Int) -> PeerKey { PeerKey(slot: Int32(number), generation: 1) }

    private func settings(slots: Int, optimistic: Int = 0) -> EngineSettings {
        var settings = EngineSettings()
        settings.uploadSlots = slots
        settings.optimisticSlots = optimistic
        return settings
    }

    @Test func `unchokes those that give most`() {
        var choker = Choker()
        let settings = settings(slots: 2)
        var random = EngineRandom(seed: 1)
        let peers = [
            Choker.Candidate(key: key(1), isInterested: true, rate: 10),
            Choker.Candidate(key: key(2), isInterested: true, rate: 30),
            Choker.Candidate(key: key(3), isInterested: false, rate: 99),
            Choker.Candidate(key: key(4), isInterested: true, isSnubbed: true, rate: 98),
            Choker.Candidate(key: key(5), isInterested: true, rate: 20),
        ]
        #expect(choker.rechoke(peers, by: settings, at: .zero, using: &random) == [key(2), key(5)])
    }

    @Test func `leaves a slot with its peer when another is equal`() {
        var choker = Choker()
        let settings = settings(slots: 1)
        var random = EngineRandom(seed: 1)
        let peers = [
            Choker.Candidate(key: key(1), isInterested: true, rate: 5),
            Choker.Candidate(key: key(2), isInterested: true, isUnchoked: true, rate: 5),
        ]
        #expect(choker.rechoke(peers, by: settings, at: .zero, using: &random) == [key(2)])
    }

    @Test func `takes the slot of a peer that does nothing with it`() {
        var choker = Choker()
        let settings = settings(slots: 2)
        var random = EngineRandom(seed: 1)
        var unchoked: Set<PeerKey> = []
        var served: Set<PeerKey> = []
        for round in 0..<4 {
            let peers = (1...8).map {
                Choker.Candidate(key: key($0), isInterested: true, isUnchoked: unchoked.contains(key($0)))
            }
            unchoked = Set(choker.rechoke(peers, by: settings, at: .zero + .seconds(10) * round, using: &random))
            served.formUnion(unchoked)
        }
        #expect(served.count == 8)
    }

    @Test func `gives a free slot at once and a taken one never`() {
        let choker = Choker()
        let settings = settings(slots: 2, optimistic: 1)
        #expect(choker.admits(taken: 0, by: settings))
        #expect(choker.admits(taken: 2, by: settings))
        #expect(!choker.admits(taken: 3, by: settings))
    }

    @Test func `rounds are ten seconds apart`() {
        var choker = Choker()
        let settings = settings(slots: 1)
        var random = EngineRandom(seed: 1)
        #expect(choker.isDue(at: .zero))
        _ = choker.rechoke([], by: settings, at: .zero, using: &random)
        #expect(!choker.isDue(at: .zero + .seconds(9)))
        #expect(choker.isDue(at: .zero + .seconds(10)))
    }

    @Test func `draws the optimistic peer anew after thirty seconds and gives everybody a turn`() {
        var choker = Choker()
        let settings = settings(slots: 1, optimistic: 1)
        var random = EngineRandom(seed: 3)
        let peers = (0..<6).map { Choker.Candidate(key: key($0), isInterested: true, rate: $0 == 0 ? 9 : 0) }
        var turns: Set<PeerKey> = []
        for round in 0..<120 {
            let now = EngineTime.zero + .seconds(10 * round)
            let chosen = choker.rechoke(peers, by: settings, at: now, using: &random)
            #expect(chosen.count == 2 && chosen[0] == key(0))
            if round % 3 != 0 { #expect(turns.contains(chosen[1]), "kept for three rounds") }
            turns.insert(chosen[1])
        }
        #expect(turns.count == 5)
    }

    @Test func `draws a newcomer three times as often`() {
        let peers = (1...6).map { Choker.Candidate(key: key($0), isInterested: true, isNew: $0 == 1) }
        var wins = 0
        for round in 0..<8_000 {
            var choker = Choker()
            let settings = settings(slots: 0, optimistic: 1)
            var random = EngineRandom(seed: UInt64(round))
            if choker.rechoke(peers, by: settings, at: .zero, using: &random) == [key(1)] { wins += 1 }
        }
        // Three tickets of eight; six standard deviations are 260.
        #expect((2_740...3_260).contains(wins))
    }
}
