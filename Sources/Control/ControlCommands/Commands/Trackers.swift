import ArgumentParser
import BusServices
import BusTransport

struct Trackers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the trackers of a torrent and what they last said.",
        discussion: """
            EXAMPLE:
              p2pctl trackers 3f2a
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(torrent.suite) { connection in
            var table = TextTable(
                .text("URL"),
                .number("TIER").droppable(1),
                .text("STATUS"),
                .number("SEEDERS").droppable(2),
                .number("LEECHERS").droppable(3),
                .number("NEXT"),
                .text("NODE").droppable(4)
            )
            for held in try await torrent.locate(in: connection) {
                let trackers = try await connection.torrents(on: held.node).show(held.summary.infoHash).trackers
                for tracker in trackers {
                    if torrent.suite.global.json {
                        try console.output.line(tracker.json.adding(["node": .text(held.node.description)]))
                    }
                    table.add(
                        tracker.url,
                        String(tracker.tier),
                        tracker.status,
                        String(tracker.seeders),
                        String(tracker.leechers),
                        HumanUnits.duration(seconds: tracker.nextAnnounceSeconds),
                        held.node.description
                    )
                }
            }
            if !torrent.suite.global.json { try console.print(table) }
        }
    }
}
