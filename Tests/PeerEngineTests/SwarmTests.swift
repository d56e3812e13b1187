import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

@Suite struct `A swarm in virtual time` {
    private func layout(pieces: Int, blocks: Int = 4) throws -> PieceLayout {
        let pieceLength = blocks * PieceLayout.blockLength
        return try PieceLayout(totalLength: pieces * pieceLength - 777, pieceLength: pieceLength)
    }

    private func areComplete(_ swarm: VirtualSwarm, _ nodes: [Int]) -> Bool {
        nodes.allSatisfy { swarm.nodes[$0].completedAt != nil }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a seeder and four leechers: all complete, and the leechers trade`(seed: UInt64) throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 120))
        try swarm.join(complete: true, seed: seed)
        let leechers = try (1...4).map { try swarm.join(seed: seed * 100 + UInt64($0)) }
        let isDone = swarm.run(for: .seconds(120)) { areComplete($0, leechers) }
        #expect(isDone)
        let total = swarm.layout.totalLength
        let seeded = swarm.nodes[0].engine.counters.uploaded
        let traded = leechers.reduce(0) { $0 + swarm.nodes[$1].engine.counters.uploaded }
        #expect(seeded < 3 * total, "alone it would have sent four copies")
        #expect(traded > total)
        for leecher in leechers {
            let counters = swarm.nodes[leecher].engine.counters
            #expect(swarm.nodes[leecher].engine.verified.isComplete)
            #expect(swarm.nodes[leecher].wrong.isEmpty)
            #expect(counters.downloaded - counters.wasted == total)
            #expect(counters.wasted < total / 10)
        }
    }

    @Test func `the same seeds give the same run`() throws {
        let runs = try (0..<2).map { _ -> [TransferCounters] in
            var swarm = try VirtualSwarm(layout: layout(pieces: 30))
            try swarm.join(complete: true, seed: 5)
            let leechers = try (6...8).map { try swarm.join(seed: $0) }
            _ = swarm.run(for: .seconds(60)) { areComplete($0, leechers) }
            return swarm.nodes.map(\.engine.counters)
        }
        #expect(runs[0] == runs[1])
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `a liar among honest peers is banned, and nobody else`(seed: UInt64) throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 40))
        let liar = try swarm.join(complete: true, .lies, seed: seed)
        try swarm.join(complete: true, seed: seed + 1_000)
        try swarm.join(complete: true, seed: seed + 2_000)
        let leecher = try swarm.join(seed: seed + 3_000)
        let isDone = swarm.run(for: .seconds(120)) { areComplete($0, [leecher]) }
        #expect(isDone)
        #expect(swarm.nodes[leecher].wrong.isEmpty)
        #expect(swarm.nodes[leecher].banned == [swarm.nodes[liar].peerID])
        #expect(swarm.nodes[leecher].refusedPieces <= 2)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a peer that lies in one block of ten is banned, and nobody else`(seed: UInt64) throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 40))
        let liar = try swarm.join(complete: true, .liesSometimes, seed: seed)
        try swarm.join(complete: true, seed: seed + 1_000)
        try swarm.join(complete: true, seed: seed + 2_000)
        let leecher = try swarm.join(seed: seed + 3_000)
        #expect(swarm.run(for: .seconds(120)) { areComplete($0, [leecher]) })
        #expect(swarm.nodes[leecher].wrong.isEmpty)
        #expect(swarm.nodes[leecher].banned == [swarm.nodes[liar].peerID])
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `a super-seeder sends little more than one copy until the swarm has one`(seed: UInt64) throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 60))
        try swarm.join(complete: true, seed: seed)
        swarm.superSeed(0)
        let leechers = try (1...6).map { try swarm.join(seed: seed * 100 + UInt64($0)) }
        let isDone = swarm.run(for: .seconds(300)) { areComplete($0, leechers) }
        #expect(isDone)
        let sent = swarm.nodes[0].engine.counters.uploaded
        #expect(sent < swarm.layout.totalLength * 3 / 2, "\(Double(sent) / Double(swarm.layout.totalLength)) copies")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `two liars and an honest peer on a torrent of few pieces`(seed: UInt64) throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 3, blocks: 32))
        let liars = try [seed, seed + 500].map { try swarm.join(complete: true, .lies, seed: $0) }
        let honest = try swarm.join(complete: true, seed: seed + 1_000)
        let leecher = try swarm.join(seed: seed + 3_000)
        let isDone = swarm.run(for: .seconds(600)) { areComplete($0, [leecher]) }
        #expect(isDone)
        #expect(swarm.nodes[leecher].wrong.isEmpty)
        let banned = Set(swarm.nodes[leecher].banned)
        #expect(!banned.contains(swarm.nodes[honest].peerID))
        #expect(banned.isSubset(of: liars.map { swarm.nodes[$0].peerID }))
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `nine liars of ten are all found`(seed: UInt64) throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 60))
        for number in 0..<9 { try swarm.join(complete: true, .lies, seed: seed * 10 + UInt64(number)) }
        let honest = try swarm.join(complete: true, seed: seed + 1_000)
        let leecher = try swarm.join(seed: seed + 3_000)
        #expect(swarm.run(for: .seconds(600)) { areComplete($0, [leecher]) })
        #expect(swarm.nodes[leecher].wrong.isEmpty)
        #expect(!swarm.nodes[leecher].banned.contains(swarm.nodes[honest].peerID))
        #expect(swarm.nodes[leecher].refusedPieces <= 2 * 9)
    }

    @Test func `blocks that a peer does not send are asked of another within thirty seconds`() throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 8))
        try swarm.join(complete: true, .stalls, seed: 1)
        let leecher = try swarm.join(seed: 2)
        #expect(!swarm.run(for: .seconds(1)) { areComplete($0, [leecher]) })
        try swarm.join(complete: true, seed: 3)
        #expect(swarm.run(for: .seconds(30)) { areComplete($0, [leecher]) })
    }

    @Test func `two that dial each other at once keep one connection`() throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 4))
        let first = try swarm.join(complete: true, seed: 1)
        let second = try swarm.join(seed: 2)
        swarm.introduce(first, to: second)
        _ = swarm.run(for: .milliseconds(100)) { _ in false }
        #expect(swarm.nodes[first].engine.connectionCount == 1)
        #expect(swarm.nodes[second].engine.connectionCount == 1)
    }

    @Test func `seeders leave each other`() throws {
        var swarm = try VirtualSwarm(layout: layout(pieces: 4))
        let seeder = try swarm.join(complete: true, seed: 1)
        let leecher = try swarm.join(seed: 2)
        #expect(swarm.run(for: .seconds(60)) { areComplete($0, [leecher]) })
        _ = swarm.run(for: .seconds(5)) { _ in false }
        #expect(swarm.nodes[seeder].engine.connectionCount == 0)
        #expect(swarm.nodes[leecher].engine.connectionCount == 0)
    }
}
