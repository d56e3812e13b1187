import ArgumentParser
import BitTorrentTypes
import BusServices

struct Queue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Move a torrent in the queue of its node.",
        discussion: """
            How many torrents a peer-node downloads and seeds at once is set by queue.downloads and queue.seeds in \
            config.yaml; the first in the queue run. p2pctl list shows the torrents in the order of the queue.

            EXAMPLES:
              p2pctl queue 3f2a top
              p2pctl queue album down
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    @Argument(help: "Where to: up, down, top or bottom.")
    var place: Place

    enum Place: String, ExpressibleByArgument, CaseIterable {
        case up, down, top, bottom
    }

    func run() async throws {
        var change = TorrentChange()
        change.queueMove = TorrentChange.QueueMove(rawValue: place.rawValue)
        let move = change
        try await torrent.change("moved") { node, infoHash in try await node.configure(infoHash, move) }
    }
}
