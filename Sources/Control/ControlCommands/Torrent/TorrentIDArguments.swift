import ArgumentParser
import BusServices
import BusTransport

/// The arguments of the commands about one torrent.
struct TorrentIDArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The info-hash, a unique prefix of at least 4 digits, or the exact name.", valueName: "id")
    )
    var id: String

    @Option(name: .long, help: ArgumentHelp("Only on this peer-node.", valueName: "n"))
    var node: NodeChoice?

    @OptionGroup var suite: SuiteOptions

    func validate() throws {
        guard !id.isEmpty else { throw ValidationError("The id is empty; give an info-hash or a name.") }
    }
}

extension TorrentIDArguments {
    /// The torrent, once for each node that has it (only `node` when it was given).
    func locate(in connection: SuiteConnection) async throws -> [HeldTorrent] {
        let all = try await connection.allTorrents(on: node?.name)
        let found = try TorrentLocator.find(id, in: all.map(\.summary))
        return all.filter { held in found.contains { $0.infoHash == held.summary.infoHash } }
    }
}
