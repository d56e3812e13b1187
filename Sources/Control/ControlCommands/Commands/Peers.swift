import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport

struct Peers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the peers that a torrent is connected with.",
        discussion: """
            FLAGS: D we download, d we would like to; U they download, u they would like to; I they called us.

            EXAMPLE:
              p2pctl peers 3f2a
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(torrent.suite) { connection in
            var table = TextTable(
                .text("ADDRESS"),
                .text("CLIENT"),
                .text("FLAGS"),
                .number("HAS"),
                .number("DOWN"),
                .number("UP"),
                .number("DOWNLOADED"),
                .number("UPLOADED"),
                .text("NODE")
            )
            for held in try await torrent.locate(in: connection) {
                let listing = try await connection.torrents(on: held.node).peers(held.summary.infoHash)
                for peer in listing.peers {
                    if torrent.suite.global.json {
                        try console.output.line(peer.json.adding(["node": .text(held.node.description)]))
                    }
                    table.add(
                        peer.address.description,
                        String(decoding: peer.client, as: UTF8.self),
                        peer.flags,
                        HumanUnits.percent(peer.progress),
                        HumanUnits.rate(peer.downRate),
                        HumanUnits.rate(peer.upRate),
                        HumanUnits.bytes(peer.downloaded),
                        HumanUnits.bytes(peer.uploaded),
                        held.node.description
                    )
                }
            }
            if !torrent.suite.global.json { try console.print(table) }
        }
    }
}
