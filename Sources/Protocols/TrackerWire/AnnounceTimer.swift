/// When to announce next.
///
///     answered ──► its interval, a little earlier for each client so that they do not come all at once
///     failed   ──► 5 s, 10 s, 20 s, 40 s, 48 s … and a sixteenth of the whole outage when that is more, at most half
///                  an hour, spread by a quarter: who was gone for ten minutes hears of us within a minute
///
/// - Units: `now` is the time since an origin of the caller's choice that does not jump.
package struct AnnounceTimer: Hashable, Sendable {
    static let firstPause = Duration.seconds(5)
    static let shortOutagePause = Duration.seconds(48)
    static let longestPause = Duration.seconds(1_800)

    /// When the next announce is due.
    package private(set) var next = Duration.zero
    /// How many attempts have failed in a row.
    package private(set) var failures = 0
    private var failingSince = Duration.zero
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
        if failures == 0 { failingSince = now }
        let doublings = min(failures, 9)
        failures += 1
        let ceiling = min(max(Self.shortOutagePause, (now - failingSince) / 16), Self.longestPause)
        let pause = min(Self.firstPause * (1 << doublings), ceiling)
        next = now + pause * Double.random(in: 0.75...1.25, using: &generator)
        earliest = now
    }

    /// How long to wait until the next announce.
    package func delay(at now: Duration) -> Duration { max(.zero, next - now) }

    /// Whether the tracker's minimum interval is over, so that an announce out of turn is no abuse.
    package func mayAnnounceNow(at now: Duration) -> Bool { now >= earliest }
}
