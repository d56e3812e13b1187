import ArgumentParser
import BusServices
import BusTransport
import ServiceShapes

struct Trackers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trackers",
        abstract: "List the trackers of a torrent and what they last said.",
        discussion: """
            STATUS is "working", or why not; with a warning or a refusal in the tracker's own words. SEEDERS, LEECHERS
            and DOWNLOADED (completed downloads, by a scrape) are the tracker's counts, FAILED the announces in a row
            that came to nothing, NEXT the time to the next one. A tracker without a time waits behind another one.

            EXAMPLES:
              p2pctl trackers 3f2a
              p2pctl trackers 3f2a --json
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
                .number("DOWNLOADED").droppable(5),
                .number("FAILED").droppable(6),
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
                        tracker.downloaded.map { String($0) } ?? "-",
                        String(tracker.failures),
                        HumanUnits.duration(seconds: tracker.nextAnnounceSeconds),
                        held.node.description
                    )
                }
            }
            if !torrent.suite.global.json { try console.print(table) }
        }
    }
}
