import Glibc

/// How fast bytes move: an average that forgets.
///
///     weight  1 ┤▇▇▇▇▇▆▅▅▄▄▃▃▃▂▂▂▁▁▁▁        what is τ = 5 s old counts 1/e
///               └ now ──────────── past
///
/// The first seconds are divided by the time that has really passed, so that a new transfer shows its rate at once.
///
/// - Units: bytes, bytes a second.
struct RateMeter: Sendable {
    /// How fast the past fades, in seconds.
    private static let decay = 5.0
    /// Bytes are folded in at most this often, so that a block costs an addition.
    private static let step: Int64 = 250_000_000

    private(set) var total = 0
    private let start: EngineTime
    private var folded: EngineTime
    private var pending = 0
    private var average = 0.0

    init(at now: EngineTime) {
        start = now
        folded = now
    }

    mutating func add(_ bytes: Int, at now: EngineTime) {
        total += bytes
        pending += bytes
        if now.nanoseconds - folded.nanoseconds >= Self.step { fold(to: now) }
    }

    func rate(at now: EngineTime) -> Double {
        var copy = self
        copy.fold(to: now)
        let age = now.seconds - start.seconds
        guard age > 0 else { return 0 }
        let rate = copy.average / (1 - exp(-age / Self.decay))
        // What fades would go on changing for an hour, and every change is told.
        return rate < 1 ? 0 : rate
    }

    private mutating func fold(to now: EngineTime) {
        let elapsed = now.seconds - folded.seconds
        guard elapsed > 0 else { return }
        let kept = exp(-elapsed / Self.decay)
        average = average * kept + Double(pending) / elapsed * (1 - kept)
        pending = 0
        folded = now
    }
}
