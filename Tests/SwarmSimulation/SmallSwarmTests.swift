import BitTorrentTypes
import PeerEngine
import Testing

/// A handful of peers, each test one question.
@Suite struct `A small swarm` {
    private func swarm(
        pieces: Int,
        blocks: Int = 4,
        seed: UInt64,
        weather: Weather = .fair,
        _ members: Member...
    ) throws -> VirtualSwarm {
        let pieceLength = blocks * PieceLayout.blockLength
        let layout = try PieceLayout(totalLength: pieces * pieceLength - 777, pieceLength: pieceLength)
        let swarm = try VirtualSwarm(layout: layout, seed: seed, weather: weather)
        for member in members { try swarm.add(member) }
        return swarm
    }

    @Test(arguments: SimulationSeeds.first(8))
    func `a seeder and four leechers: all complete, and the leechers trade`(seed: UInt64) throws {
        let swarm = try swarm(pieces: 120, seed: seed, .seeder, .leecher, .leecher, .leecher, .leecher)
        let isComplete = swarm.complete(within: .seconds(120))
        #expect(isComplete)
        let total = swarm.layout.totalLength
        let seeded = swarm.nodes[0].engine.counters.uploaded
        let traded = swarm.nodes.dropFirst().reduce(0) { $0 + $1.engine.counters.uploaded }
        #expect(seeded < 3 * total, "alone it would have sent four copies")
        #expect(traded > total)
        for leecher in swarm.nodes.dropFirst() {
            let counters = leecher.engine.counters
            #expect(leecher.engine.verified.isComplete)
            #expect(leecher.wrong.isEmpty)
            #expect(counters.downloaded - counters.wasted == total)
            #expect(counters.wasted < total / 10)
        }
    }

    @Test(arguments: SimulationSeeds.first(40))
    func `a liar among honest peers is banned, and nobody else`(seed: UInt64) throws {
        let liar = Member(conduct: .lies(.always), isComplete: true)
        let swarm = try swarm(pieces: 40, seed: seed, liar, .seeder, .seeder, .leecher)
        let isComplete = swarm.complete(within: .seconds(120))
        #expect(isComplete)
        #expect(swarm.nodes[3].wrong.isEmpty)
        #expect(swarm.nodes[3].banned == [swarm.nodes[0].peerID])
        #expect(swarm.nodes[3].refusedPieces <= 2)
    }

    @Test(arguments: SimulationSeeds.first(20))
    func `two liars and an honest peer on a torrent of few pieces`(seed: UInt64) throws {
        let liar = Member(conduct: .lies(.always), isComplete: true)
        let swarm = try swarm(pieces: 3, blocks: 32, seed: seed, liar, liar, .seeder, .leecher)
        let isComplete = swarm.complete(within: .seconds(600))
        #expect(isComplete)
        #expect(swarm.nodes[3].wrong.isEmpty)
        #expect(Set(swarm.nodes[3].banned).isSubset(of: [swarm.nodes[0].peerID, swarm.nodes[1].peerID]))
    }

    @Test(arguments: SimulationSeeds.first(5))
    func `nine liars of ten are all found`(seed: UInt64) throws {
        let swarm = try swarm(pieces: 60, seed: seed, .seeder, .leecher)
        for _ in 0..<9 { try swarm.add(Member(conduct: .lies(.always), isComplete: true)) }
        let isComplete = swarm.complete(within: .seconds(600))
        #expect(isComplete)
        #expect(swarm.nodes[1].wrong.isEmpty)
        #expect(!swarm.nodes[1].banned.contains(swarm.nodes[0].peerID))
        #expect(swarm.nodes[1].refusedPieces <= 2 * 9)
    }

    @Test func `blocks that a peer does not send are asked of another within thirty seconds`() throws {
        let blackHole = Member(conduct: .stalls, isComplete: true)
        let late = Member(isComplete: true, joins: .seconds(1))
        let swarm = try swarm(pieces: 8, seed: 1, blackHole, .leecher, late)
        let isEarly = swarm.complete(within: .seconds(1))
        #expect(!isEarly)
        let isInTime = swarm.complete(within: .seconds(30))
        #expect(isInTime)
    }

    @Test func `two that dial each other at once keep one connection`() throws {
        let swarm = try swarm(pieces: 4, seed: 1, .seeder, .leecher)
        _ = swarm.run(for: .zero) { $0.nodes.allSatisfy(\.isPresent) }
        swarm.introduce(0, to: 1)
        _ = swarm.run(for: .milliseconds(100)) { _ in false }
        #expect(swarm.nodes[0].engine.connectionCount == 1)
        #expect(swarm.nodes[1].engine.connectionCount == 1)
    }

    @Test func `seeders leave each other`() throws {
        let swarm = try swarm(pieces: 4, seed: 1, .seeder, .leecher)
        let isComplete = swarm.complete(within: .seconds(60))
        #expect(isComplete)
        _ = swarm.run(for: .seconds(5)) { _ in false }
        #expect(swarm.nodes[0].engine.connectionCount == 0)
        #expect(swarm.nodes[1].engine.connectionCount == 0)
    }
}
