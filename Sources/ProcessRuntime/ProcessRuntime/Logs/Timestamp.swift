import Glibc

/// A moment as logs write it.
enum Timestamp {
    /// This moment, such as `2026-01-31T12:34:56.789Z`.
    static func now() -> String {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return text(seconds: moment.tv_sec, milliseconds: moment.tv_nsec / 1_000_000)
    }

    static func text(seconds: Int, milliseconds: Int) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        let fraction = String(1000 + milliseconds).dropFirst()
        return "\(date)T\(time).\(fraction)Z"
    }

    private static func two(_ number: Int32) -> Substring { String(100 + number).dropFirst() }
}
