import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

struct Peers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers",
        abstract: "List the peers that a torrent is connected with.",
        discussion: """
            FLAGS: D we download, d we would like to; U they download, u they would like to; K we could and do not want \
            to; ? they could and do not want to; O unchoked by lot; S owes us blocks; s only uploads; X found by PEX, \
            H by DHT, L by LSD; I they called us. Below the table stand the last that are gone, and why.

            EXAMPLES:
              p2pctl peers 3f2a
              p2pctl peers --json --all 3f2a | jq -r 'select(.connected | not) | .reason'
            """
    )

    private static let shownDepartures = 8

    @OptionGroup var torrent: TorrentIDArguments

    @Flag(name: .long, help: "With --json: also the peers that are gone.")
    var all = false

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
                .number("DOWNLOADED").droppable(2),
                .number("UPLOADED").droppable(3),
                .number("WASTED").droppable(4),
                .number("BAD").droppable(5),
                .text("NODE").droppable(6)
            )
            var gone = TextTable(.text("GONE"), .text("CLIENT").droppable(1), .number("AGO"), .text("WHY"))
            var hasGone = false
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
                        HumanUnits.bytes(peer.wasted),
                        HumanUnits.bytes(peer.hashFailed),
                        held.node.description
                    )
                }
                for departure in listing.departures.prefix(torrent.suite.global.json ? .max : Self.shownDepartures) {
                    hasGone = true
                    if torrent.suite.global.json, all {
                        try console.output.line(departure.json.adding(["node": .text(held.node.description)]))
                    }
                    gone.add(
                        departure.address.description,
                        String(decoding: departure.client, as: UTF8.self),
                        HumanUnits.duration(seconds: departure.secondsAgo),
                        departure.isDial ? "not reached: \(departure.reason)" : departure.reason
                    )
                }
            }
            guard !torrent.suite.global.json else { return }
            try console.print(table)
            guard hasGone else { return }
            try console.output.line("")
            try console.print(gone)
        }
    }
}
