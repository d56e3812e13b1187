import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport

struct Configure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change what is downloaded of a torrent, in which order, and how long it is seeded.",
        discussion: """
            Files are named by the numbers that p2pctl files shows. What is not named stays as it is. Rates are \
            changed with: p2pctl limit.

            EXAMPLES:
              p2pctl configure 3f2a --files 1,3-5
              p2pctl configure 3f2a --skip 2 --high 7 --sequential on
              p2pctl configure 3f2a --seed-ratio 2 --seed-time 7d
              p2pctl configure 3f2a --seed-ratio off
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    @Option(name: .long, help: ArgumentHelp("Download only these files.", valueName: "numbers"))
    var files: FileSelection?

    @Option(name: .long, help: ArgumentHelp("Do not download these files.", valueName: "numbers"))
    var skip: FileSelection?

    @Option(name: .long, help: ArgumentHelp("Download these files after the others.", valueName: "numbers"))
    var low: FileSelection?

    @Option(name: .long, help: ArgumentHelp("Download these files as usual.", valueName: "numbers"))
    var normal: FileSelection?

    @Option(name: .long, help: ArgumentHelp("Download these files before the others.", valueName: "numbers"))
    var high: FileSelection?

    @Option(name: .long, help: "Download the pieces in order, or not.")
    var sequential: Switch?

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

    /// `on` or `off`.
    enum Switch: String, ExpressibleByArgument, CaseIterable {
        case on, off
    }

    func validate() throws {
        let isEmpty =
            [files, skip, low, normal, high].allSatisfy { $0 == nil } && sequential == nil && seedRatio == nil
            && seedTime == nil
        if isEmpty { throw ValidationError("Nothing to change; see: p2pctl configure --help") }
    }

    func run() async throws {
        let (files, skip, low, normal, high) = (files, skip, low, normal, high)
        var fixed = TorrentChange()
        fixed.isSequential = sequential.map { $0 == .on }
        fixed.seedRatio = seedRatio?.limit
        fixed.seedTime = seedTime
        let start = fixed
        try await torrent.change("changed") { node, infoHash in
            var change = start
            if let files {
                change.files += try files.onlyThese(of: try await node.show(infoHash).files.count)
            }
            let rules = [(skip, FilePriority.skip), (low, .low), (normal, .normal), (high, .high)]
            for (selection, priority) in rules { change.files += selection?.rules(priority) ?? [] }
            return try await node.configure(infoHash, change)
        }
    }
}
