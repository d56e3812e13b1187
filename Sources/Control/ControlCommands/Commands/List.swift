import ArgumentParser
import BitTorrentTypes
import BusServices
import ServiceShapes

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the torrents of all nodes.",
        discussion: """
            On a narrow terminal the less important columns are left out; --json has them all. In the order of the queue.

            EXAMPLES:
              p2pctl list
              p2pctl list --json | jq -r 'select(.state == "seeding") | .name'
            """
    )

    @OptionGroup var suite: SuiteOptions

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(suite) { connection in
            let torrents = try await connection.allTorrents().map(\.summary)
            guard !suite.global.json else {
                for torrent in torrents { try console.output.line(torrent.json) }
                return
            }
            guard !torrents.isEmpty else {
                return try console.output.line("no torrents; share something with: p2pctl seed PATH")
            }
            var table = TextTable(
                .text("NAME"),
                .text("ID"),
                .text("STATE"),
                .number("DONE"),
                .number("SIZE").droppable(2),
                .number("DOWN"),
                .number("UP"),
                .number("ETA"),
                .number("PEERS").droppable(1),
                .number("RATIO").droppable(3),
                .text("NODE").droppable(4)
            )
            for torrent in torrents {
                table.add(
                    String(decoding: torrent.name, as: UTF8.self),
                    String(torrent.infoHash.hex.prefix(8)),
                    torrent.state.rawValue,
                    HumanUnits.percent(torrent.progress),
                    HumanUnits.bytes(torrent.size),
                    HumanUnits.rate(torrent.downRate),
                    HumanUnits.rate(torrent.upRate),
                    torrent.etaSeconds.map { HumanUnits.duration(seconds: Double($0)) } ?? "",
                    String(torrent.peers),
                    HumanUnits.decimal(torrent.ratio),
                    torrent.node
                )
            }
            try console.print(table)
        }
    }
}
