import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

struct Move: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Move the files of a torrent to another folder; it goes on from there.",
        discussion: """
            On the same file system this is a rename. To another the files are copied, flushed, and then deleted where they \
            were; a complete torrent is served meanwhile. The move belongs to the node: Ctrl-C only stops watching, and \
            after a kill it is ended or begun anew. Nothing that is there is written over.

            Files that were moved by hand are only looked for in the new folder.

            EXAMPLES:
              p2pctl move 3f2a /mnt/archive
              p2pctl move album ~/Music --no-wait
              p2pctl move 3f2a . --node 2
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    @Argument(help: "The folder into which the torrent's file or folder goes; made when it is lacking.")
    var folder: String

    @Flag(name: .long, help: "Only begin; see how far it is with: p2pctl show.")
    var noWait = false

    func run() async throws {
        let console = Console.current
        let folder = try BytePath.absolute(folder)
        try await SuiteConnection.with(torrent.suite) { connection in
            let held = try await torrent.locate(in: connection)
            guard held.count == 1, let one = held.first else {
                let nodes = held.map(\.node.description).joined(separator: ", ")
                throw CommandFailure("\(nodes) all have it; say whose files to move with --node N")
            }
            let begun = try await connection.torrents(on: one.node).move(one.summary.infoHash, to: folder.bytes)
            let end = noWait ? begun : try await watch(begun, over: connection, console: console)
            if let reason = end.moveError { throw CommandFailure("\(end.shownName) was not moved: \(reason)") }
            guard !torrent.suite.global.json else { return try console.output.line(end.json) }
            let place = DisplayText.escaped(end.movingTo ?? end.path)
            try console.output.line("\(end.movingTo == nil ? "moved " : "moving")   \(end.shownName) to \(place)")
        }
    }

    private func watch(
        _ begun: TorrentSummary,
        over connection: SuiteConnection,
        console: Console
    ) async throws -> TorrentSummary {
        guard begun.movingTo != nil else { return begun }
        let updates = Ticking(connection.feed.updates([.torrent, .process]), every: TransferWatch.silence)
        let display = ProgressDisplay(console: console, options: torrent.suite.global)
        defer { display.finish() }
        do {
            let watch = try TransferWatch(of: begun, until: .settled)
            let end = try await watch.run(updates, from: begun, over: connection) { torrent in
                display.update(
                    ProgressLine(
                        name: String(decoding: torrent.name, as: UTF8.self),
                        state: "moving",
                        done: Int(Double(torrent.size) * min(max(torrent.moveProgress, 0), 1)),
                        total: torrent.size,
                        rate: 0
                    )
                )
            }
            switch end {
            case .reached(let torrent), .failed(let torrent): return torrent
            case .removed: throw CommandFailure("\(begun.shownName) was removed while it was moved")
            }
        } catch  where error.isInterruption {
            display.finish()
            console.remark("stopped watching; \(begun.node) goes on moving. See it with: p2pctl show")
            throw CommandFailure(.interrupted, "")
        }
    }
}
