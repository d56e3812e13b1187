import BitTorrentTypes
import SeededRandom
import Testing
import TrackerEngine

@Suite struct `Budget of requests` {
    private static func budget(_ rate: Int) -> RequestBudget {
        var generator = SeededGenerator(seed: 3)
        return RequestBudget(rate: rate, using: &generator)
    }

    private static func taken(_ budget: inout RequestBudget, _ ip: IPAddress, at now: UInt64, tries: Int) -> Int {
        (0..<tries).count { _ in budget.take(ip, at: now) }
    }

    @Test(arguments: [1, 7, 1_000])
    func `lets ten seconds' worth pass at once, and then the rate`(rate: Int) {
        var budget = Self.budget(rate)
        let ip = IPAddress.v4(0x0A00_0001)
        var now: UInt64 = 5_000_000
        let first = Self.taken(&budget, ip, at: now, tries: 20 * rate)
        #expect((10 * rate...10 * rate + 1).contains(first))
        for _ in 0..<5 {
            now += 1_000_000
            let more = Self.taken(&budget, ip, at: now, tries: 20 * rate)
            #expect((rate - 1...rate + 1).contains(more))
        }
        now += 3_600_000_000
        let again = Self.taken(&budget, ip, at: now, tries: 20 * rate)
        #expect((10 * rate...10 * rate + 1).contains(again), "a long pause is worth no more")
    }

    @Test func `counts each IPv4 address and each IPv6 network of 64 bits for itself`() {
        var budget = Self.budget(1)
        let six = { (network: UInt64, host: UInt64) in IPAddress.v6(high: network, low: host) }
        let all = (0..<20).count { budget.take(six(1, UInt64($0)), at: 0) }
        #expect(all == 10)
        let other = Self.taken(&budget, six(2, 0), at: 0, tries: 20)
        let four = Self.taken(&budget, .v4(1), at: 0, tries: 20)
        let neighbour = Self.taken(&budget, .v4(2), at: 0, tries: 20)
        #expect((other, four, neighbour) == (10, 10, 10))
    }

    @Test func `survives any moment and rate`() {
        for rate in [0, -5, Int.max] {
            var budget = Self.budget(rate)
            for now in [UInt64.zero, 1, UInt64.max / 2] {
                let isTaken = budget.take(.v4(9), at: now)
                #expect(isTaken)
            }
        }
    }
}
