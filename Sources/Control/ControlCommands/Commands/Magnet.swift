import ArgumentParser
import BitTorrentTypes
import Metainfo

struct Magnet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the magnet link of a .torrent file.",
        discussion: """
            EXAMPLE:
              p2pctl magnet album.torrent
            """
    )

    @Argument(help: ArgumentHelp("The .torrent file.", valueName: "file"))
    var file: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let metainfo = try TorrentFile.read(file)
        let json: JSONValue = ["info_hash_v1": .text(metainfo.infoHash.hex), "magnet": .text(metainfo.magnet)]
        try Console.current.output.line(global.json ? json.encoded : DisplayText.escaped(metainfo.magnet))
    }
}
