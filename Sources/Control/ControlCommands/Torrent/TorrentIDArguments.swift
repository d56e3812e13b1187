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
    var node: Int?

    @OptionGroup var suite: SuiteOptions

    func validate() throws {
        guard !id.isEmpty else { throw ValidationError("The id is empty; give an info-hash or a name.") }
        try NodeNumber.check(node)
    }
}

/// The number behind `--node`.
enum NodeNumber {
    static func check(_ number: Int?) throws {
        if let number, number < 1 { throw ValidationError("--node \(number) is no node; nodes count from 1.") }
    }

    static func name(_ number: Int) -> ProcessName { ProcessName(role: .peerNode, number: number) }
}

extension TorrentIDArguments {
    /// The torrent, once for each node that has it (only `node` when it was given).
    func locate(in connection: SuiteConnection) async throws -> [HeldTorrent] {
        let all = try await connection.allTorrents(on: node.map(NodeNumber.name))
        let found = try TorrentLocator.find(id, in: all.map(\.summary))
        return all.filter { held in found.contains { $0.infoHash == held.summary.infoHash } }
    }
}
