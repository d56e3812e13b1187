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
