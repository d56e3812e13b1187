import BitTorrentTypes
import Testing

@testable import PeerEngine

@Suite struct `A request pipeline` {
    private let settings = EngineSettings()

    @Test(
        arguments: [
            (0.0, 0.0, nil, 64), (1e12, 1.0, nil, 64), (1e12, 3.0, nil, 250), (1e12, 3.0, 2_000, 500),
            (1e12, 3.0, 1, 1),
            (.infinity, 3.0, 40, 40), (0.0, 3.0, nil, 2), (1_638_400.0, 3.0, 2_000, 300), (0.0, 0.0, 1, 1),
        ] as [(Double, Double, Int?, Int)]
    )
    func `is as deep as the rate is high`(rate: Double, age: Double, reqq: Int?, depth: Int) {
        #expect(RequestQueue.target(rate: rate, age: age, reqq: reqq, settings: settings) == depth)
    }

    @Test(
        arguments: [
            (0.001, 100), (0.25, 100), (0.5, 200), (2.0, 500), (60.0, 500), (0.0, 100),
        ] as [(Double, Int)]
    )
    func `is as deep as the way is long, within bounds`(roundTrip: Double, depth: Int) {
        let rate = 100.0 * Double(PieceLayout.blockLength)
        let target = RequestQueue.target(rate: rate, age: 3, roundTrip: roundTrip, reqq: 2_000, settings: settings)
        #expect(target == depth)
    }

    @Test func `measures the way with a request to a peer that owes nothing`() throws {
        let layout = try drawnLayout(pieces: 8)
        var queue = RequestQueue()
        for piece in layout.pieces { queue.append(layout.block(0, of: piece), at: .zero + .seconds(1)) }
        let first = try #require(queue.index(of: layout.block(0, of: queue.entries[0].block.piece)))
        #expect(queue.beginArriving(first, at: .zero + .milliseconds(1_050)).map { ($0 * 1_000).rounded() } == 50)
        #expect(queue.beginArriving(first + 1, at: .zero + .milliseconds(1_060)) == nil)
    }

    @Test func `is filled again when a quarter is empty`() throws {
        let layout = try drawnLayout(pieces: 8)
        var queue = RequestQueue()
        #expect(queue.room(target: 8) == 8)
        for piece in layout.pieces { queue.append(layout.block(0, of: piece), at: .zero) }
        #expect(queue.room(target: 8) == 0)
        queue.remove(at: 0)
        #expect(queue.room(target: 8) == 0)
        queue.remove(at: 3)
        #expect(queue.room(target: 8) == 2)
    }
}
