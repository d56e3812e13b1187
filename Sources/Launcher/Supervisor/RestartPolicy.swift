/// When a process that ended is started again, and when it is left alone.
///
///     ends:   1st     2nd     3rd     4th     5th within 60 s
///     then:   0.1 s   0.2 s   0.4 s   0.8 s   given up
///
/// - Units: moments as durations since the launcher's start.
struct RestartPolicy: Sendable, Hashable {
    enum Verdict: Hashable {
        case startAgain(at: Duration)
        case giveUp
    }

    /// Milliseconds.
    private static let firstDelay = 100
    private static let maximumDelay = 30_000
    static let failureLimit = 5
    static let window = Duration.seconds(60)

    /// Moments of the last ends.
    private var ends: [Duration] = []
    private var delay = Self.firstDelay

    /// The process ended by itself after running for `ran`.
    mutating func ended(at now: Duration, ran: Duration, using random: inout some RandomNumberGenerator) -> Verdict {
        ends.removeAll { now - $0 >= Self.window }
        ends.append(now)
        guard ends.count < Self.failureLimit else { return .giveUp }
        if ran >= Self.window { delay = Self.firstDelay }
        // Jitter, so that processes that fell together do not come back together.
        let wait = Duration.milliseconds(Int.random(in: delay * 3 / 4...delay * 5 / 4, using: &random))
        delay = min(delay * 2, Self.maximumDelay)
        return .startAgain(at: now + wait)
    }
}
