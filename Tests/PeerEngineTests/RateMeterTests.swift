import Testing

@testable import PeerEngine

@Suite struct `A rate meter` {
    /// A megabyte a second in blocks of 10 000 bytes.
    private func meter(seconds: Int) -> (RateMeter, EngineTime) {
        var now = EngineTime.zero
        var meter = RateMeter(at: now)
        for _ in 0..<seconds * 100 {
            now = now + .milliseconds(10)
            meter.add(10_000, at: now)
        }
        return (meter, now)
    }

    @Test(arguments: [1, 2, 5, 30, 300]) func `shows a steady rate from the first second on`(seconds: Int) {
        let (meter, now) = meter(seconds: seconds)
        #expect(abs(meter.rate(at: now) - 1_000_000) < 20_000)
        #expect(meter.total == seconds * 1_000_000)
    }

    @Test func `forgets in silence`() {
        let (meter, now) = meter(seconds: 60)
        #expect(meter.rate(at: now + .seconds(5)) < 400_000)
        #expect(meter.rate(at: now + .seconds(60)) < 100)
    }

    @Test func `is nothing before time has passed`() {
        #expect(RateMeter(at: .zero).rate(at: .zero) == 0)
    }
}
