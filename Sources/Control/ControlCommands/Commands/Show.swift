import ArgumentParser
import BitTorrentTypes
import BusServices
import ServiceShapes

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one torrent, on each node that has it.",
        discussion: """
            EXAMPLE:
              p2pctl show 3f2a
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(torrent.suite) { connection in
            for held in try await torrent.locate(in: connection) {
                if torrent.suite.global.json {
                    try console.output.line(held.summary.json)
                } else {
                    try console.output.line(held.summary.page.joined(separator: "\n"))
                }
            }
        }
    }
}

extension TorrentSummary {
    fileprivate var page: [String] {
        var page = [
            "name        \(shownName)",
            "info-hash   \(infoHash.hex)",
            "node        \(DisplayText.escaped(node))",
            "state       \(state.rawValue), \(HumanUnits.percent(progress))",
            "size        \(HumanUnits.bytes(size)), \(verifiedPieces) of \(pieces) pieces of \(HumanUnits.bytes(pieceLength))",
            "downloaded  \(HumanUnits.bytes(downloaded)) at \(HumanUnits.rate(downRate)), "
                + "\(HumanUnits.bytes(wasted)) wasted, \(HumanUnits.bytes(hashFailed)) in bad pieces",
            "uploaded    \(HumanUnits.bytes(uploaded)) at \(HumanUnits.rate(upRate)), ratio \(HumanUnits.decimal(ratio))",
            "peers       \(peers), \(seeds) of them seeds",
            "path        \(DisplayText.escaped(path))",
            "added       \(Timestamp.text(unixSeconds: addedAt))",
        ]
        if badPieces > 0 { page.append("recheck     lost \(badPieces == 1 ? "1 piece" : "\(badPieces) pieces")") }
        if let etaSeconds { page.append("left        \(HumanUnits.duration(seconds: Double(etaSeconds)))") }
        if wantedBytes < size {
            page.append("wanted      \(HumanUnits.bytes(wantedBytes)) of \(HumanUnits.bytes(size))")
        }
        if let availability { page.append("copies      \(HumanUnits.decimal(availability)) among us and our peers") }
        if options.isSequential { page.append("order       sequential") }
        if options.downLimit != .unlimited || options.upLimit != .unlimited {
            page.append("limits      down \(options.downLimit.shown), up \(options.upLimit.shown)")
        }
        if case .at(let count) = options.connections { page.append("connections at most \(count)") }
        if case .at(let count) = options.uploadSlots { page.append("slots       \(count) peers are served at once") }
        if options.isSuperSeeding { page.append("seeding     super: new peers see one piece after another") }
        if seedingSeconds > 0 {
            page.append("seeded      for \(HumanUnits.duration(seconds: Double(seedingSeconds)))\(seedGoals)")
        }
        if state == .queued { page.append("queue       number \(queuePosition)") }
        if isStalled {
            page.append("stalled     nothing has moved for a minute; see: p2pctl explain \(infoHash.hex.prefix(8))")
        }
        if let movingTo {
            page.append("moving      to \(DisplayText.escaped(movingTo)), \(HumanUnits.percent(moveProgress))")
        }
        if let moveError { page.append("not moved   \(DisplayText.escaped(moveError))") }
        if isPrivate { page.append("private     yes: only its trackers give peers") }
        if !trackerStatus.isEmpty { page.append("tracker     \(DisplayText.escaped(trackerStatus))") }
        if let error { page.append("error       \(DisplayText.escaped(error))") }
        return page
    }

    /// Until when it is seeded, as far as that is its own wish.
    private var seedGoals: String {
        var goals: [String] = []
        if case .at(let ratio) = options.seedRatio { goals.append("ratio \(HumanUnits.decimal(ratio))") }
        if case .at(let seconds) = options.seedTime { goals.append(HumanUnits.duration(seconds: seconds)) }
        return goals.isEmpty ? "" : ", until " + goals.joined(separator: " or ")
    }
}
