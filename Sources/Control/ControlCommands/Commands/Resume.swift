import ArgumentParser
import BusServices

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a paused torrent.",
        discussion: """
            EXAMPLE:
              p2pctl resume 3f2a
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    func run() async throws {
        try await torrent.change("resumed") { node, infoHash in try await node.resume(infoHash) }
    }
}
