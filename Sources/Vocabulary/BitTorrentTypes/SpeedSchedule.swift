/// When the alternative speeds hold: a span of the day, on some days of the week.
///
///     from 22:00 to 06:00, fri,sat        fri ▕      22▇▇▕▇▇▇06     ▕      sat … sun 06: a night belongs to its evening
///
/// - Units: minutes since midnight, weekdays from 0 for Sunday; local time.
package struct SpeedSchedule: Hashable, Sendable {
    package static let minutesADay = 1440
    private static let names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    package var from = 0
    /// The same as `from`: never.
    package var to = 0
    package var days = Set(0..<7)

    package init() {}

    package func isActive(weekday: Int, minute: Int) -> Bool {
        if from <= to { return days.contains(weekday) && (from..<to).contains(minute) }
        let evening = days.contains(weekday) && minute >= from
        return evening || days.contains((weekday + 6) % 7) && minute < to
    }

    /// `22:00` as minutes; `nil` for what is no time of the day.
    package static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isNumber) }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), hours < 24, minutes < 60
        else { return nil }
        return hours * 60 + minutes
    }

    package static func text(minutes: Int) -> String {
        [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : String($0) }.joined(separator: ":")
    }

    /// `daily`, or days and spans of days: `mon-fri`, `sat,sun`, `fri-mon`; `nil` for anything else.
    package static func days(_ text: String) -> Set<Int>? {
        if text == "daily" { return Set(0..<7) }
        var days: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
                names.firstIndex(of: String($0))
            }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
            for step in 0...(last - first + 7) % 7 { days.insert((first + step) % 7) }
        }
        return days
    }

    package static func text(days: Set<Int>) -> String {
        // The week begins on Monday, so that mon,tue,… reads as people write it.
        days.count == 7
            ? "daily" : [1, 2, 3, 4, 5, 6, 0].filter(days.contains).map { names[$0] }.joined(separator: ",")
    }
}
