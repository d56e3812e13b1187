import BitTorrentTypes
import BusServices

/// Finds the torrent that somebody means by an ID.
///
///     f1d2d2f924e986ac86fdf7b36c94bcdf32beec15     the info-hash
///     f1d2                                         a prefix of it that only one has, at least four digits
///     album                                        the exact name
enum TorrentLocator {
    static let shortestPrefix = 4

    /// One torrent, once for each node that has it.
    static func find(_ id: String, in torrents: [TorrentSummary]) throws(CommandFailure) -> [TorrentSummary] {
        let name = Array(id.utf8)
        let prefix = id.lowercased()
        let exact = torrents.filter { $0.infoHash.hex == prefix }
        let candidates = exact.isEmpty ? torrents.filter { matches($0, name: name, prefix: prefix) } : exact
        let hashes = Set(candidates.map(\.infoHash))
        guard let first = hashes.first else { throw notFound(id) }
        guard hashes.count == 1 else { throw ambiguous(id, candidates) }
        return candidates.filter { $0.infoHash == first }
    }

    private static func matches(_ torrent: TorrentSummary, name: [UInt8], prefix: String) -> Bool {
        torrent.name == name || (prefix.utf8.count >= shortestPrefix && torrent.infoHash.hex.hasPrefix(prefix))
    }

    private static func notFound(_ id: String) -> CommandFailure {
        let shown = DisplayText.escaped(id)
        let isShort = id.utf8.count < shortestPrefix && Hexadecimal.decode((id + id).utf8) != nil
        let hint =
            isShort
            ? "give at least \(shortestPrefix) digits of the info-hash, or the exact name"
            : "see what is there with: p2pctl list"
        return CommandFailure(.notFound, "no torrent is '\(shown)'; \(hint)")
    }

    private static func ambiguous(_ id: String, _ candidates: [TorrentSummary]) -> CommandFailure {
        var seen: Set<InfoHash> = []
        let named = candidates.filter { seen.insert($0.infoHash).inserted }.sorted { $0.infoHash < $1.infoHash }
        let list = named.prefix(10).map { "\($0.infoHash.hex) (\(DisplayText.escaped($0.name)))" }
        let more = named.count > list.count ? " and \(named.count - list.count) more" : ""
        return CommandFailure(
            .notFound,
            "'\(DisplayText.escaped(id))' means \(named.count) torrents; choose one: "
                + list.joined(separator: ", ") + more
        )
    }
}
