import ArgumentParser
import BusServices

struct Announce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "announce",
        abstract: "Ask the trackers for peers now.",
        discussion: """
            EXAMPLE:
              p2pctl announce 3f2a
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    func run() async throws {
        try await torrent.change("announced") { node, infoHash in try await node.announce(infoHash) }
    }
}
