import ArgumentParser
import BitTorrentTypes

/// How long a torrent is seeded and with how many, as `configure` changes it and `seed`, `add` and `download` begin.
struct SharingOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Stop seeding at this ratio of uploaded to downloaded; off: never, node: as configured.",
            valueName: "ratio"
        )
    )
    var seedRatio: SeedLimitOption?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Stop seeding after this time, such as 90m, 36h, 7d; off: never, node: as configured.",
            valueName: "time"
        ),
        transform: { text in
            if let limit = SeedLimitOption(argument: text) { return limit.limit }
            guard let seconds = TimeOption.seconds(text) else {
                throw ValidationError("'\(DisplayText.escaped(text))' is no time; write seconds, 90m, 36h or 7d.")
            }
            return .at(seconds)
        }
    )
    var seedTime: SeedLimit?

    @Option(
        name: .long,
        help: ArgumentHelp("Connect with at most so many peers; node: as configured.", valueName: "n")
    )
    var connections: CountOption?

    @Option(
        name: .long,
        help: ArgumentHelp("Upload to so many peers at once; node: as configured.", valueName: "n")
    )
    var uploadSlots: CountOption?

    var isEmpty: Bool { seedRatio == nil && seedTime == nil && connections == nil && uploadSlots == nil }

    func put(into change: inout TorrentChange) {
        change.seedRatio = seedRatio?.limit
        change.seedTime = seedTime
        change.connections = connections?.limit
        change.uploadSlots = uploadSlots?.limit
    }
}

/// How a torrent begins: what `seed`, `add` and `download` have in common.
struct StartOptions: ParsableArguments {
    @OptionGroup var sharing: SharingOptions

    @Option(name: .long, help: Limit.rateHelp, transform: Limit.rate)
    var down: RateLimit?

    @Option(name: .long, help: Limit.rateHelp, transform: Limit.rate)
    var up: RateLimit?

    @Option(name: .long, help: "Its place in the queue of its node: top or bottom.")
    var queue: Place?

    @Flag(
        name: .customLong("super"),
        help: "Super-seeding (BEP 16): show each peer one piece after another, for the first copy of something new."
    )
    var superSeeding = false

    @Flag(name: .long, help: "Do not start yet; start with: p2pctl resume.")
    var paused = false

    enum Place: String, ExpressibleByArgument, CaseIterable {
        case top, bottom
    }

    func change() -> TorrentChange {
        var change = TorrentChange()
        sharing.put(into: &change)
        change.downLimit = down
        change.upLimit = up
        change.queueMove = queue.flatMap { TorrentChange.QueueMove(rawValue: $0.rawValue) }
        if superSeeding { change.isSuperSeeding = true }
        return change
    }
}

/// `node`, or a number from 1 on: how many of something a torrent may have.
struct CountOption: ExpressibleByArgument, Hashable {
    static let highest = 10_000

    let limit: CountLimit

    init?(argument: String) {
        if argument == "node" {
            limit = .node
            return
        }
        guard argument.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(argument),
            (1...Self.highest).contains(number)
        else { return nil }
        limit = .at(number)
    }
}

/// `2=90s`, `1,3-5=10m`, `2=off`: by when files are wanted, from now.
struct DeadlineOption: ExpressibleByArgument, Hashable {
    let files: FileSelection
    /// `nil`: at no certain time.
    let seconds: Double?

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let files = FileSelection(argument: String(parts[0])) else { return nil }
        self.files = files
        if parts[1] == "off" {
            seconds = nil
            return
        }
        guard let seconds = TimeOption.seconds(String(parts[1])) else { return nil }
        self.seconds = seconds
    }

    func rules(at unixNow: Double) -> [TorrentChange.DeadlineRule] {
        files.ranges.map { range in
            TorrentChange.DeadlineRule(
                files: range.lowerBound - 1...range.upperBound - 1,
                by: seconds.map { unixNow + $0 }
            )
        }
    }
}
