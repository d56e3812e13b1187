import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo

/// Where a torrent goes when it is added to a suite of several nodes.
///
/// A node refuses a path that another torrent of its own writes to, and knows nothing of the other nodes: two of them
/// would write to one file. So whoever adds a torrent looks at all of them first.
struct TorrentPlacement: Sendable {
    let held: [HeldTorrent]

    /// The node that has the torrent already; `nil` when the suite may choose.
    ///
    /// Somebody who names a folder means the copy there, and else any copy. Throws when the path belongs to another
    /// torrent.
    func node(for metainfo: Metainfo, in directory: BytePath, isFolderNamed: Bool) throws(CommandFailure)
        -> ProcessName?
    {
        let path = directory.appending(metainfo.name)
        let there = held.filter { BytePath($0.summary.path) == path }
        if let other = there.first(where: { $0.summary.infoHash != metainfo.infoHash }) {
            throw CommandFailure(
                .refused,
                "\(path) belongs to another torrent, \(other.summary.infoHash.hex) on \(other.node); choose another folder"
            )
        }
        if let same = there.first { return same.node }
        return isFolderNamed ? nil : held.first { $0.summary.infoHash == metainfo.infoHash }?.node
    }
}

extension SuiteConnection {
    /// What the nodes hold; a node that is just being replaced counts as empty, since it is no reason to refuse work.
    func placement() async throws -> TorrentPlacement {
        do {
            return TorrentPlacement(held: try await allTorrents())
        } catch let fault as BusFault where fault.code == .unavailable || fault.code == .deadlineExceeded {
            return TorrentPlacement(held: [])
        }
    }
}
