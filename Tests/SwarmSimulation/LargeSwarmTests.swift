import BitTorrentTypes
import PeerEngine
import Testing

/// Dozens and hundreds of peers of every kind: what holds for every seed.
@Suite struct `A large swarm` {
    /// As many connections as keep a swarm of hundreds well mixed, and its simulation quick.
    private static var settings: EngineSettings {
        var settings = EngineSettings()
        settings.wantedConnections = 8
        settings.maximumConnections = 16
        settings.uploadSlots = 4
        settings.initialPipeline = 8
        return settings
    }

    private func layout(pieces: Int, blocks: Int) throws -> PieceLayout {
        let pieceLength = blocks * PieceLayout.blockLength
        return try PieceLayout(totalLength: pieces * pieceLength - 777, pieceLength: pieceLength)
    }

    private func swarm(pieces: Int, blocks: Int, seed: UInt64) throws -> VirtualSwarm {
        let layout = try layout(pieces: pieces, blocks: blocks)
        return try VirtualSwarm(layout: layout, seed: seed, tickInterval: .seconds(1), usesWire: false)
    }

    private func member(_ conduct: Conduct = .honest, complete: Bool = false) -> Member {
        Member(conduct: conduct, isComplete: complete, settings: Self.settings)
    }

    /// Pieces that are under way, mixed with others' blocks, when the first turns out bad, and the one that proves guilt.
    private static let piecesPerLiar = 2

    /// What must hold in every swarm: right bytes, nobody wronged, no stream that its receiver could not read.
    private func expectJustice(in swarm: VirtualSwarm) {
        let liars = Set(swarm.nodes.filter { $0.member.conduct.isLiar }.map(\.peerID))
        #expect(swarm.brokenStreams.isEmpty)
        for (number, node) in swarm.nodes.enumerated() where !node.member.isComplete {
            #expect(Set(node.banned).isSubset(of: liars), "node \(number) banned an honest peer")
            #expect(node.refusedPieces <= Self.piecesPerLiar * liars.count, "node \(number)")
            #expect(!node.engine.isComplete || node.wrong.isEmpty, "node \(number)")
        }
    }

    /// Two hundred peers that come and go, of every kind, in bad weather; everything by the seed.
    private func crowd(seed: UInt64) throws -> VirtualSwarm {
        let swarm = try VirtualSwarm(
            layout: layout(pieces: 16, blocks: 2),
            seed: seed,
            weather: .rough,
            tickInterval: .seconds(1),
            usesWire: false
        )
        for number in 0..<200 {
            var member: Member
            switch number {
            case 0, 1: member = self.member(complete: true)
            case 2: member = self.member(.lies(.always), complete: true)
            case 3: member = self.member(.lies(.oneOfTen), complete: true)
            case 4: member = self.member(.lies(.lastPieces(3)), complete: true)
            case 5: member = self.member(.stalls, complete: true)
            case 6..<16:
                member = self.member(.takesOnly)
                // Were they to stay, they could fill the few connections of a peer that nobody can dial, for ever.
                member.leavesAfterCompletion = .seconds(5)
            default: member = self.member()
            }
            if number >= 16 {
                member.isReachable = number % 4 != 0
                member.uplink = [100_000, 400_000, 1_500_000][number % 3]
                member.joins = .milliseconds(number * 150)
                if number % 10 == 7 { member.leaves = member.joins + .seconds(10) }
                if number % 3 == 0 { member.leavesAfterCompletion = .seconds(5) }
            }
            // A seeder that leaves in the middle.
            if number == 1 { member.leaves = .seconds(40) }
            try swarm.add(member)
        }
        return swarm
    }

    @Test(arguments: SimulationSeeds.first(1))
    func `everyone that stays has every piece in the end, and no honest peer is banned`(seed: UInt64) throws {
        let swarm = try crowd(seed: seed)
        let isComplete = swarm.complete(within: .seconds(900))
        #expect(isComplete)
        expectJustice(in: swarm)
    }

    @Test func `the same seed gives the same run, another seed another`() throws {
        let traces = try [UInt64](arrayLiteral: 7, 7, 8).map { seed -> TraceDigest in
            let swarm = try crowd(seed: seed)
            _ = swarm.run(for: .seconds(8)) { _ in false }
            return swarm.trace
        }
        #expect(traces[0] == traces[1])
        #expect(traces[0] != traces[2])
    }

    @Test(arguments: SimulationSeeds.first(2))
    func `a seeder sends little more than one copy before the others have everything among them`(seed: UInt64) throws {
        let swarm = try self.swarm(pieces: 200, blocks: 4, seed: seed)
        // Everybody knows what everybody has, as in a swarm of this size with settings as they come.
        var leecher = member()
        leecher.settings.wantedConnections = 30
        leecher.settings.maximumConnections = 60
        var seeder = leecher
        seeder.isComplete = true
        try swarm.add(seeder)
        for _ in 0..<16 { try swarm.add(leecher) }
        let isDone = swarm.run(for: .seconds(600)) { $0.seededUntilSelfSufficient != nil }
        #expect(isDone)
        let copies = Double(swarm.seededUntilSelfSufficient ?? 0) / Double(swarm.layout.totalLength)
        // Those that the seeder serves do not know what the others have just asked it for; it suggests what nobody has.
        #expect(copies <= 1.3)
    }

    @Test(arguments: SimulationSeeds.first(2))
    func `a seeder that super-seeds sends hardly more than one copy`(seed: UInt64) throws {
        let swarm = try self.swarm(pieces: 200, blocks: 4, seed: seed)
        try swarm.add(member(complete: true))
        var actions: [TorrentAction] = []
        swarm.nodes[0].engine.setSuperSeeding(true, at: .zero, into: &actions)
        for _ in 0..<12 { try swarm.add(member()) }
        let isDone = swarm.run(for: .seconds(600)) { $0.seededUntilSelfSufficient != nil }
        #expect(isDone)
        let copies = Double(swarm.seededUntilSelfSufficient ?? 0) / Double(swarm.layout.totalLength)
        #expect(copies < 1.2)
    }

    @Test(arguments: SimulationSeeds.first(4))
    func `a peer that lies in one block of ten is found, and nobody else is blamed`(seed: UInt64) throws {
        let swarm = try self.swarm(pieces: 120, blocks: 4, seed: seed)
        let liar = try swarm.add(member(.lies(.oneOfTen), complete: true))
        for _ in 0..<2 { try swarm.add(member(complete: true)) }
        for _ in 0..<6 { try swarm.add(member()) }
        let isComplete = swarm.complete(within: .seconds(600))
        #expect(isComplete)
        expectJustice(in: swarm)
        for node in swarm.nodes where !node.member.isComplete {
            let counters = node.engine.counters
            #expect(counters.wasted + counters.hashFailed < swarm.layout.totalLength / 10)
        }
        let victims = swarm.nodes.filter { $0.banned == [swarm.nodes[liar].peerID] }
        #expect(!victims.isEmpty)
    }

    @Test(arguments: SimulationSeeds.first(2))
    func `a peer that nobody can dial completes though it is among those that only take`(seed: UInt64) throws {
        let swarm = try self.swarm(pieces: 16, blocks: 2, seed: seed)
        var shy = member()
        shy.isReachable = false
        shy.joins = .seconds(1)
        // The seeder comes when the takers have filled every connection.
        var seeder = member(complete: true)
        seeder.joins = .seconds(30)
        for _ in 0..<12 { try swarm.add(member(.takesOnly)) }
        let last = try swarm.add(shy)
        try swarm.add(seeder)
        let isComplete = swarm.run(for: .seconds(3_600)) { $0.nodes[last].engine.isComplete }
        #expect(isComplete)
    }

    @Test(arguments: SimulationSeeds.first(2))
    func `those that give nothing wait longer than those that give`(seed: UInt64) throws {
        let swarm = try self.swarm(pieces: 256, blocks: 2, seed: seed)
        var seeder = member(complete: true)
        seeder.uplink = 200_000
        try swarm.add(seeder)
        for number in 1...20 {
            var member = member(number % 5 == 0 ? .takesOnly : .honest)
            member.uplink = 100_000
            // Who has everything goes: what the others give is not made good by seeders.
            member.leavesAfterCompletion = .zero
            try swarm.add(member)
        }
        let isComplete = swarm.complete(within: .seconds(3_600))
        #expect(isComplete)
        let meanTime = { (conduct: Conduct) in
            let times = swarm.nodes.filter { $0.member.conduct == conduct }.compactMap { $0.completedAt?.seconds }
            return times.reduce(0, +) / Double(times.count)
        }
        #expect(meanTime(.honest) < meanTime(.takesOnly))
    }

    @Test(arguments: [Conduct.Lies.always, .oneOfTen, .lastPieces(3)], SimulationSeeds.first(2))
    func `a liar costs each of its victims two pieces at most`(lies: Conduct.Lies, seed: UInt64) throws {
        let swarm = try self.swarm(pieces: 32, blocks: 4, seed: seed)
        for _ in 0..<3 { try swarm.add(member(complete: true)) }
        for _ in 0..<2 { try swarm.add(member(.lies(lies), complete: true)) }
        for _ in 0..<12 { try swarm.add(member()) }
        let isComplete = swarm.complete(within: .seconds(600))
        #expect(isComplete)
        expectJustice(in: swarm)
    }
}

extension Conduct {
    var isLiar: Bool {
        if case .lies = self { return true }
        return false
    }
}
