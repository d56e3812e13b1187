import Glibc

/// Moments as ISO 8601 in UTC.
enum Timestamp {
    static func text(unixSeconds: Int) -> String {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        // A year that does not fit is shown as the number it is.
        guard gmtime_r(&seconds, &parts) != nil else { return String(unixSeconds) }
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// With milliseconds.
    static func text(unixMilliseconds: Int64) -> String {
        let (seconds, rest) = Int(unixMilliseconds).quotientAndRemainder(dividingBy: 1000)
        let fraction = String(1000 + abs(rest)).dropFirst()
        return text(unixSeconds: seconds).replacingLast("Z", with: ".\(fraction)Z")
    }
}

extension String {
    fileprivate func replacingLast(_ end: String, with other: String) -> String {
        hasSuffix(end) ? dropLast(end.count) + other : self
    }
}
