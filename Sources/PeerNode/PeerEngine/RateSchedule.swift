package import BitTorrentTypes

/// When bytes may move so that a limit holds: one token bucket, told as time.
///
///     booked    ▕ 64 KiB ▕ 64 KiB ▕ 64 KiB ▕                 each booking begins where the one before it ends
///               └ now             └ a new booking begins here
///
/// Whoever wants to move bytes books them and waits for the booking to begin, so that those who share a schedule take
/// turns in the order in which they asked. Time that nobody booked is lost, but for the last tenth of a second.
package struct RateSchedule: Sendable {
    /// How much unused time is made up for.
    private static let burst = Duration.milliseconds(100)
    /// How long one booking lasts, where that makes a sensible number of bytes.
    private static let quantumTime = 0.05
    private static let quantumRange = 16 << 10...256 << 10

    package private(set) var limit: RateLimit
    private var free = EngineTime(nanoseconds: .min / 2)

    package init(_ limit: RateLimit) { self.limit = limit }

    /// Holds from `now` on: what was booked far ahead at another rate is forgotten.
    package mutating func set(_ limit: RateLimit, at now: EngineTime) {
        guard limit != self.limit else { return }
        self.limit = limit
        free = min(free, now)
    }

    /// How many bytes to book at once; as many as one likes when nothing is limited.
    package var quantum: Int {
        guard case .bytesPerSecond(let rate) = limit else { return .max }
        return min(
            max(Int(Double(rate) * Self.quantumTime), Self.quantumRange.lowerBound),
            Self.quantumRange.upperBound
        )
    }

    /// Books `bytes`; returns when they may begin to move.
    package mutating func book(_ bytes: Int, at now: EngineTime) -> EngineTime {
        guard case .bytesPerSecond(let rate) = limit else { return now }
        let start = max(free, EngineTime(nanoseconds: now.nanoseconds - EngineTime(Self.burst).nanoseconds))
        free = EngineTime(nanoseconds: start.nanoseconds &+ Int64(Double(bytes) / Double(rate) * 1e9))
        return max(start, now)
    }
}
