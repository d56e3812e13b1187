/// How fast bytes may move.
///
/// - Units: bytes a second.
package enum RateLimit: Hashable, Sendable {
    case unlimited
    /// At least ``RateLimit/slowest``.
    case bytesPerSecond(Int)

    /// Below this a block of 16 KiB would take longer than peers wait for it.
    package static let slowest = 1024

    /// 0 means unlimited, as it does on the bus and in the database; what is slower than ``slowest`` is that.
    package init(bytesPerSecond: Int) {
        self = bytesPerSecond <= 0 ? .unlimited : .bytesPerSecond(max(bytesPerSecond, Self.slowest))
    }

    /// 0 when unlimited.
    package var bytesPerSecond: Int {
        switch self {
        case .unlimited: 0
        case .bytesPerSecond(let count): count
        }
    }

    /// This limit shared by `count` equal users.
    package func divided(by count: Int) -> RateLimit {
        switch self {
        case .unlimited: .unlimited
        case .bytesPerSecond(let bytes): RateLimit(bytesPerSecond: max(1, bytes / max(1, count)))
        }
    }
}

extension RateLimit: LosslessStringConvertible {
    private static let units: [(name: String, bytes: Int)] = [
        ("", 1), ("b", 1), ("k", 1 << 10), ("kib", 1 << 10), ("m", 1 << 20), ("mib", 1 << 20), ("g", 1 << 30),
        ("gib", 1 << 30), ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000),
    ]

    /// Takes `off`, or a number with a unit: `500KiB`, `2MiB`, `1.5 MB/s`; a bare number is bytes a second.
    ///
    /// Nothing that is slower than ``slowest``: to stop a torrent, pause it.
    package init?(_ text: String) {
        var text = text.lowercased().filter { $0 != " " }
        if text == "off" || text == "unlimited" {
            self = .unlimited
            return
        }
        if text.hasSuffix("/s") { text.removeLast(2) }
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        guard let unit = Self.units.first(where: { $0.name == text.dropFirst(digits.count) }),
            let first = digits.first, first != ".", digits.last != ".", let value = Double(digits)
        else { return nil }
        let bytes = value * Double(unit.bytes)
        guard bytes >= Double(Self.slowest), bytes <= 1e12 else { return nil }
        self = .bytesPerSecond(Int(bytes))
    }

    /// As ``init(_:)`` takes it: `off`, `2MiB`, `500KiB`, else a number of bytes.
    package var description: String {
        switch self {
        case .unlimited: "off"
        case .bytesPerSecond(let bytes) where bytes % (1 << 20) == 0: "\(bytes >> 20)MiB"
        case .bytesPerSecond(let bytes) where bytes % (1 << 10) == 0: "\(bytes >> 10)KiB"
        case .bytesPerSecond(let bytes): "\(bytes)B"
        }
    }
}

extension RateLimit {
    /// The stricter one.
    package static func lower(_ one: RateLimit, _ other: RateLimit) -> RateLimit {
        guard one != .unlimited else { return other }
        guard other != .unlimited else { return one }
        return RateLimit(bytesPerSecond: min(one.bytesPerSecond, other.bytesPerSecond))
    }
}
