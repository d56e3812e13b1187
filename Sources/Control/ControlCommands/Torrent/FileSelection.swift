import ArgumentParser
import BitTorrentTypes

/// Files of a torrent as somebody lists them: `1,3-5`, by the numbers that `p2pctl files` shows.
struct FileSelection: ExpressibleByArgument, Hashable {
    /// Counted from 1.
    let ranges: [ClosedRange<Int>]

    init?(argument: String) {
        var ranges: [ClosedRange<Int>] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let numbers = ends.compactMap(Self.number)
            guard numbers.count == ends.count, let first = numbers.first, let last = numbers.last, first <= last else {
                return nil
            }
            ranges.append(first...last)
        }
        self.ranges = ranges
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text), number > 0,
            number <= Int(UInt32.max)
        else { return nil }
        return number
    }

    /// Rules that give these files `priority`.
    func rules(_ priority: FilePriority) -> [TorrentChange.FileRule] {
        ranges.map { TorrentChange.FileRule(files: $0.lowerBound - 1...$0.upperBound - 1, priority: priority) }
    }

    /// Rules that leave out every file but these; a number that the torrent of `count` files lacks is refused.
    func onlyThese(of count: Int) throws(CommandFailure) -> [TorrentChange.FileRule] {
        for range in ranges where range.upperBound > count {
            throw CommandFailure(TorrentChangeError.noSuchFile(range.upperBound - 1, count: count).description)
        }
        return [TorrentChange.FileRule(files: 0...count - 1, priority: .skip)] + rules(.normal)
    }
}

/// `off`, `node`, or a number that is not negative: when a torrent has been seeded enough.
struct SeedLimitOption: ExpressibleByArgument, Hashable {
    let limit: SeedLimit

    init?(argument: String) {
        switch argument {
        case "off": limit = .never
        case "node": limit = .node
        default:
            guard let value = Double(argument), value.isFinite, value >= 0 else { return nil }
            limit = .at(value)
        }
    }
}

/// A time: `90m`, `36h`, `7d`, or seconds.
enum TimeOption {
    /// In seconds; `nil` for what is no time.
    static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard let value = Double(digits), value.isFinite, value >= 0 else { return nil }
        return value * (unit ?? 1)
    }
}
