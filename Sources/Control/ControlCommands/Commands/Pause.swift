import ArgumentParser
import BusServices

struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop the transfer of a torrent; its data stays.",
        discussion: """
            EXAMPLE:
              p2pctl pause 3f2a
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    func run() async throws {
        try await torrent.change("paused") { node, infoHash in try await node.pause(infoHash) }
    }
}
