/// Sizes, rates and times as people read them.
enum HumanUnits {
    private static let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    /// `0 B`, `1023 B`, `1.0 KiB`, `64 MiB`: one decimal below ten of a unit's steps, none above a hundred.
    static func bytes(_ count: Int) -> String {
        let (number, unit) = scaled(Double(count))
        return "\(number) \(unit)"
    }

    /// Bytes a second.
    static func rate(_ bytesPerSecond: Double) -> String {
        bytes(whole(bytesPerSecond)) + "/s"
    }

    /// `1.2/2.0 GiB`: what is done, in the unit of the whole.
    static func progress(_ done: Int, of total: Int) -> String {
        let (doneNumber, doneUnit) = scaled(Double(done))
        let (totalNumber, totalUnit) = scaled(Double(total))
        return doneUnit == totalUnit
            ? "\(doneNumber)/\(totalNumber) \(totalUnit)" : "\(doneNumber) \(doneUnit)/\(totalNumber) \(totalUnit)"
    }

    /// `0:07`, `1:35`, `2:03:10`, `3d 4h`.
    static func duration(seconds: Double) -> String {
        let total = whole(seconds)
        let (days, hours, minutes, rest) = (total / 86_400, total / 3600 % 24, total / 60 % 60, total % 60)
        if days > 0 { return "\(days)d \(hours)h" }
        if hours > 0 { return "\(hours):\(twoDigits(minutes)):\(twoDigits(rest))" }
        return "\(minutes):\(twoDigits(rest))"
    }

    /// `62 %`; never 100 before all is there.
    static func percent(_ fraction: Double) -> String {
        guard fraction.isFinite else { return "0 %" }
        return "\(Int(min(max(fraction, 0), 1) * 100)) %"
    }

    /// Hundredths, as ratios are shown.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, value < 1e12 else { return "∞" }
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(twoDigits(hundredths % 100))"
    }

    /// `value` without its fraction; 0 for what no count can be.
    static func whole(_ value: Double) -> Int {
        value.isFinite && value > 0 ? Int(min(value, 9e18)) : 0
    }

    private static func scaled(_ bytes: Double) -> (number: String, unit: String) {
        guard bytes >= 1024 else { return (String(whole(bytes)), "B") }
        var value = bytes / 1024
        var index = 0
        // A value that would round to 1024 belongs to the next unit.
        while value >= 1023.5, index < units.count - 1 {
            value /= 1024
            index += 1
        }
        guard value < 99.95 else { return (String(Int(value.rounded())), units[index]) }
        let tenths = Int((value * 10).rounded())
        return ("\(tenths / 10).\(tenths % 10)", units[index])
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
