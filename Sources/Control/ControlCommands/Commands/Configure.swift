import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import Foundation

struct Configure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "configure",
        abstract:
            "Change what is downloaded of a torrent, in which order, with how many peers, and how long it is seeded.",
        discussion: """
            Files are named by the numbers that p2pctl files shows. What is not named stays as it is. Rates are \
            changed with: p2pctl limit. How many peers a torrent may have is set for all of them by peer.connections and \
            peer.uploads in config.yaml. Peers that are connected when super-seeding begins know what is here already.

            EXAMPLES:
              p2pctl configure 3f2a --files 1,3-5
              p2pctl configure 3f2a --skip 2 --high 7 --sequential on
              p2pctl configure 3f2a --seed-ratio 2 --seed-time 7d
              p2pctl configure 3f2a --seed-ratio off
              p2pctl configure 3f2a --by 2=90s
              p2pctl configure 3f2a --super on --connections 40 --upload-slots 4
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
            "Download these files first, by then: 2=90s, 1,3-5=10m; 2=off: at no certain time.",
            valueName: "files=time"
        )
    )
    var by: [DeadlineOption] = []

    @Option(
        name: .customLong("super"),
        help: "Super-seeding: show each new peer one piece after another, or all that is there."
    )
    var superSeeding: Switch?

    @OptionGroup var sharing: SharingOptions

    /// `on` or `off`.
    enum Switch: String, ExpressibleByArgument, CaseIterable {
        case on, off
    }

    func validate() throws {
        let isEmpty =
            [files, skip, low, normal, high].allSatisfy { $0 == nil } && sequential == nil && superSeeding == nil
            && by.isEmpty && sharing.isEmpty
        if isEmpty { throw ValidationError("Nothing to change; see: p2pctl configure --help") }
    }

    func run() async throws {
        let (files, skip, low, normal, high) = (files, skip, low, normal, high)
        var fixed = TorrentChange()
        fixed.isSequential = sequential.map { $0 == .on }
        fixed.isSuperSeeding = superSeeding.map { $0 == .on }
        sharing.put(into: &fixed)
        let now = Date.now.timeIntervalSince1970
        fixed.deadlines = by.flatMap { $0.rules(at: now) }
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
