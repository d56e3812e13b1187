/// When to announce next.
///
///     answered ──► its interval, a little earlier for each client so that they do not come all at once
///     failed   ──► 5 s, 10 s, 20 s … half an hour, spread by a quarter
///
/// - Units: `now` is the time since an origin of the caller's choice that does not jump.
package struct AnnounceTimer: Hashable, Sendable {
    static let firstPause = Duration.seconds(5)
    static let longestPause = Duration.seconds(1_800)

    /// When the next announce is due.
    package private(set) var next = Duration.zero
    /// How many attempts have failed in a row.
    package private(set) var failures = 0
    private var earliest = Duration.zero

    package init() {}

    /// The tracker has answered: it names the interval.
    package mutating func answered(
        _ response: AnnounceResponse,
        at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        failures = 0
        let range = AnnounceResponse.intervals
        let seconds = min(max(response.interval, range.lowerBound), range.upperBound)
        let least = min(max(response.minInterval ?? range.lowerBound, range.lowerBound), seconds)
        earliest = now + .seconds(least)
        let early = Int.random(in: 0...max(0, min(seconds / 20, seconds - least)), using: &generator)
        next = now + .seconds(seconds - early)
    }

    /// No tracker has answered, or none with something of use.
    package mutating func failed(at now: Duration, using generator: inout some RandomNumberGenerator) {
        let doublings = min(failures, 9)
        failures += 1
        let pause = min(Self.firstPause * (1 << doublings), Self.longestPause)
        next = now + pause * Double.random(in: 0.75...1.25, using: &generator)
        earliest = now
    }

    /// How long to wait until the next announce.
    package func delay(at now: Duration) -> Duration { max(.zero, next - now) }

    /// Whether the tracker's minimum interval is over, so that an announce out of turn is no abuse.
    package func mayAnnounceNow(at now: Duration) -> Bool { now >= earliest }
}
