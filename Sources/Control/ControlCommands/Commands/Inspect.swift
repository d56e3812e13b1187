import ArgumentParser
import BitTorrentTypes
import Metainfo
import ServiceShapes

struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a .torrent file or a magnet link says.",
        discussion: """
            EXAMPLES:
              p2pctl inspect album.torrent
              p2pctl inspect --json album.torrent | jq -r .info_hash_v1
            """
    )

    @Argument(help: ArgumentHelp("A .torrent file or a magnet link.", valueName: "file|magnet"))
    var torrent: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let output = Console.current.output
        switch try TorrentSource(torrent) {
        case .magnet(let magnet):
            try output.line(global.json ? magnet.json.encoded : magnet.page.joined(separator: "\n"))
        case .file(let path):
            let metainfo = try TorrentFile.read(path)
            try output.line(global.json ? metainfo.json.encoded : metainfo.page.joined(separator: "\n"))
        case .url(let url):
            let metainfo = try TorrentFile.parse(await TorrentFetch.bytes(of: url), from: url)
            try output.line(global.json ? metainfo.json.encoded : metainfo.page.joined(separator: "\n"))
        }
    }
}
