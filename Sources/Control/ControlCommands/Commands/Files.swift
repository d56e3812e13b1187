import ArgumentParser
import BusServices
import BusTransport
import ServiceShapes

struct Files: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "List the files of a torrent and how far each is.",
        discussion: """
            WANTED is skip, low, normal or high, and BY is the time that is left for a file that is wanted by then; change \
            both with: p2pctl configure.

            EXAMPLES:
              p2pctl files 3f2a
              p2pctl configure 3f2a --files 1,3-5
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(torrent.suite) { connection in
            var table = TextTable(
                .text("PATH"),
                .number("NO"),
                .number("SIZE"),
                .number("DONE"),
                .text("WANTED"),
                .text("BY").droppable(2),
                .text("NODE").droppable(1)
            )
            for held in try await torrent.locate(in: connection) {
                let files = try await connection.torrents(on: held.node).show(held.summary.infoHash).files
                for (index, file) in files.enumerated() {
                    if torrent.suite.global.json {
                        try console.output.line(
                            file.json(index: index + 1).adding(["node": .text(held.node.description)])
                        )
                    }
                    table.add(
                        String(decoding: file.path, as: UTF8.self),
                        String(index + 1),
                        HumanUnits.bytes(file.length),
                        HumanUnits.percent(file.length > 0 ? Double(file.verifiedBytes) / Double(file.length) : 1),
                        file.priority.name,
                        file.deadline,
                        held.node.description
                    )
                }
            }
            if !torrent.suite.global.json { try console.print(table) }
        }
    }
}

extension TorrentDetail.File {
    /// How long until it is wanted, or how late it is.
    fileprivate var deadline: String {
        guard let deadlineSeconds else { return "" }
        let duration = HumanUnits.duration(seconds: abs(deadlineSeconds))
        return deadlineSeconds < 0 ? "\(duration) late" : "in \(duration)"
    }
}
