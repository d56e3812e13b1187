import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Forget a torrent; its files stay unless told otherwise.",
        discussion: """
            EXAMPLES:
              p2pctl remove 3f2a
              p2pctl remove 3f2a --node 2 --delete-data
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    @Flag(name: .long, help: "Delete the torrent's files too.")
    var deleteData = false

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(torrent.suite) { connection in
            let held = try await torrent.locate(in: connection)
            guard !deleteData || held.count == 1 else {
                let nodes = held.map(\.node.description).joined(separator: ", ")
                throw CommandFailure("\(nodes) all have it; say whose files to delete with --node N")
            }
            for held in held {
                try await connection.torrents(on: held.node).remove(held.summary.infoHash, deleteData: deleteData)
                if torrent.suite.global.json {
                    let json: JSONValue = [
                        "id": .text(held.summary.infoHash.hex),
                        "node": .text(held.node.description),
                        "data_deleted": .boolean(deleteData),
                    ]
                    try console.output.line(json)
                } else {
                    let data = deleteData ? " with its files" : ""
                    try console.output.line("removed  \(held.summary.shownName) from \(held.node)\(data)")
                }
            }
        }
    }
}
