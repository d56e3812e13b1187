import BitTorrentTypes
import PeerEngine
import Testing

/// Torrents that always have something to move, under limits of their own and one that they share; virtual time.
private struct ThrottledNode {
    var shared: RateSchedule
    var throttles: [TransferThrottle]
    var moved: [Int]
    var now = EngineTime(.seconds(100))

    init(shared: RateLimit, own: [RateLimit]) {
        self.shared = RateSchedule(shared)
        throttles = own.map { TransferThrottle($0) }
        moved = own.map { _ in 0 }
    }

    /// Lets everybody move blocks in runs of `run` bytes until `duration` has passed.
    mutating func run(for duration: Duration, run length: Int) {
        let end = now + duration
        while true {
            var next = end
            for torrent in throttles.indices {
                moving: while true {
                    let quantum = shared.limit == .unlimited ? nil : shared.quantum
                    let (time, book) = (now, shared)
                    var booked = book
                    let allowance = throttles[torrent].allowance(at: time, sharedQuantum: quantum) {
                        booked.book($0, at: time)
                    }
                    shared = booked
                    switch allowance {
                    case .unlimited: return
                    case .bytes:
                        throttles[torrent].spend(length)
                        moved[torrent] += length
                    case .wait(let until):
                        next = min(next, until)
                        break moving
                    }
                }
            }
            guard next < end else { break }
            now = next
        }
        now = end
    }

    mutating func measure(_ duration: Duration, run length: Int) -> [Double] {
        let before = moved
        run(for: duration, run: length)
        return zip(moved, before).map { Double($0 - $1) / (duration / .seconds(1)) }
    }
}

@Suite struct `Rate limits in virtual time` {
    @Test(arguments: [2_000, 50_000, 1 << 20, 50 << 20, 2_000_000_000], [16 << 10, 256 << 10])
    func `one torrent moves what it may, within five per cent`(rate: Int, run: Int) {
        var node = ThrottledNode(shared: .unlimited, own: [.bytesPerSecond(rate)])
        let seconds = max(20, 20 * run / rate * 2)
        let measured = node.measure(.seconds(seconds), run: run)[0]
        #expect(abs(measured / Double(rate) - 1) < 0.05, "\(measured)")
    }

    @Test func `torrents share the limit of the node alike, and it holds within five per cent`() {
        var node = ThrottledNode(shared: .bytesPerSecond(1_000_000), own: Array(repeating: .unlimited, count: 10))
        let rates = node.measure(.seconds(60), run: 16 << 10)
        #expect(abs(rates.reduce(0, +) / 1_000_000 - 1) < 0.05)
        for rate in rates { #expect(abs(rate / 100_000 - 1) < 0.05, "\(rates)") }
    }

    @Test func `what a slow torrent leaves, the others take`() {
        var node = ThrottledNode(
            shared: .bytesPerSecond(1_000_000),
            own: [.bytesPerSecond(100_000), .unlimited, .bytesPerSecond(5_000_000)]
        )
        let rates = node.measure(.seconds(60), run: 16 << 10)
        #expect(abs(rates[0] / 100_000 - 1) < 0.05, "\(rates)")
        #expect(abs(rates[1] / 450_000 - 1) < 0.05, "\(rates)")
        #expect(abs(rates[2] / 450_000 - 1) < 0.05, "\(rates)")
    }

    @Test func `each second by itself stays within the limit and a run more`() {
        var node = ThrottledNode(shared: .bytesPerSecond(2 << 20), own: Array(repeating: .unlimited, count: 4))
        for _ in 0..<30 {
            let moved = node.measure(.seconds(1), run: 64 << 10).reduce(0, +)
            #expect(moved < Double(2 << 20) * 1.1 + 4 * Double(64 << 10) + Double(node.shared.quantum * 4))
        }
    }

    @Test func `after a pause nothing is made up for but a tenth of a second`() {
        var node = ThrottledNode(shared: .unlimited, own: [.bytesPerSecond(1 << 20)])
        node.run(for: .seconds(5), run: 16 << 10)
        node.now = node.now + .seconds(3600)
        #expect(node.measure(.seconds(1), run: 16 << 10)[0] < 1.25 * Double(1 << 20))
    }

    @Test func `a new limit holds at once, also after a very slow one`() {
        var node = ThrottledNode(shared: .bytesPerSecond(1024), own: [.unlimited])
        node.run(for: .seconds(5), run: 256 << 10)
        node.shared.set(.bytesPerSecond(1 << 20), at: node.now)
        node.throttles[0].reset()
        let rate = node.measure(.seconds(20), run: 16 << 10)[0]
        #expect(abs(rate / Double(1 << 20) - 1) < 0.05, "\(rate)")
        node.throttles[0].set(.bytesPerSecond(100_000), at: node.now)
        #expect(abs(node.measure(.seconds(20), run: 16 << 10)[0] / 100_000 - 1) < 0.05)
    }

    @Test func `without a limit nothing is booked`() {
        var throttle = TransferThrottle(.unlimited)
        let allowance = throttle.allowance(at: .zero, sharedQuantum: nil) { _ in
            Issue.record("booked")
            return .zero
        }
        #expect(allowance == .unlimited)
    }
}
