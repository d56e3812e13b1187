import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo

/// Where a torrent goes when it is added to a suite of several nodes.
///
/// A node refuses a path that another torrent of its own writes to, and knows nothing of the other nodes: two of them
/// would write to one file. So whoever adds a torrent looks at all of them first, in its ``PlacementTurn``.
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

    /// The node for one more copy of a torrent that some nodes have: the least loaded of the others.
    ///
    /// `nil` when no node has it, and so any will do. Throws when every node has it: one node keeps one copy.
    func nodeForCopy(of infoHash: InfoHash, among processes: [ProcessReport]) throws(CommandFailure) -> ProcessName? {
        let holders = held.filter { $0.summary.infoHash == infoHash }
        guard let first = holders.first else { return nil }
        let nodes = processes.filter { $0.name.role == .peerNode && $0.state == .ready }
        let others = nodes.filter { node in !holders.contains { $0.node == node.name } }
        guard let free = others.min(by: { ($0.load, $0.name) < ($1.load, $1.name) }) else {
            throw CommandFailure(
                "\(first.node) has it already at \(BytePath(first.summary.path)), and a node keeps one copy; "
                    + "for another: p2pctl scale peer-node=\(nodes.count + 1)"
            )
        }
        return free.name
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
