import ArgumentParser
import BitTorrentTypes
import Metainfo
import ServiceShapes

struct Magnet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "magnet",
        abstract: "Print the magnet link of a .torrent file.",
        discussion: """
            A hybrid's link names both of its info-hashes, so that clients of either version find it.

            EXAMPLE:
              p2pctl magnet album.torrent
            """
    )

    @Argument(help: ArgumentHelp("The .torrent file.", valueName: "file"))
    var file: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let metainfo = try TorrentFile.read(file)
        let json = metainfo.infoHashes.adding(["magnet": .text(metainfo.magnet)])
        try Console.current.output.line(global.json ? json.encoded : DisplayText.escaped(metainfo.magnet))
    }
}
