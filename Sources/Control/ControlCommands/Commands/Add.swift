import ArgumentParser
import BitTorrentTypes
import BusServices
import Metainfo
import ServiceShapes

struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Start to download a torrent and return at once.",
        discussion: """
            Files that are in the folder already are checked first and count when they are good.

            EXAMPLES:
              p2pctl add album.torrent --to ~/Downloads
              p2pctl add album.torrent --files 1,3-5 --seed-ratio 2
            """
    )

    @OptionGroup var addition: AdditionOptions

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(addition.suite) { connection in
            let (metainfo, peers) = try await addition.metainfo(from: connection)
            let added = try await addition.add(metainfo, peers: peers, to: connection)
            if addition.suite.global.json {
                try console.output.line(metainfo.json(on: added.torrent, alreadyPresent: added.alreadyPresent))
            } else {
                let verb = added.alreadyPresent ? "there already" : "added"
                try console.output.line(
                    "\(metainfo.infoHash.hex)  \(added.torrent.shownName)  \(verb) on "
                        + "\(DisplayText.escaped(added.torrent.node))"
                )
            }
        }
    }
}
