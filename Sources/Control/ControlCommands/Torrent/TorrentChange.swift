import BitTorrentTypes
import BusServices
import ServiceShapes

extension TorrentIDArguments {
    /// Changes the torrent on each node that has it, and says what became of it.
    ///
    /// `done` is what happened, such as `paused`; `change` asks one node.
    func change(
        _ done: String,
        _ change: @Sendable (TorrentsClient, InfoHash) async throws -> TorrentSummary
    ) async throws {
        let console = Console.current
        try await SuiteConnection.with(suite) { connection in
            for held in try await locate(in: connection) {
                let torrent = try await change(connection.torrents(on: held.node), held.summary.infoHash)
                if suite.global.json {
                    try console.output.line(torrent.json)
                } else {
                    try console.output.line("\(done)  \(torrent.shownName) on \(held.node)")
                }
            }
        }
    }
}
