package import BitTorrentTypes
package import PeerNetworking
import PieceStore
import Synchronization

/// The torrents of a node by info-hash: the one table that every thread may look into.
package final class TorrentRegistry: PeerAcceptor {
    private let sessions = Mutex<[InfoHash: TorrentSession]>([:])

    var all: [TorrentSession] { sessions.withLock { Array($0.values) } }

    package var count: Int { sessions.withLock { $0.count } }

    subscript(infoHash: InfoHash) -> TorrentSession? { sessions.withLock { $0[infoHash] } }

    /// Puts `session` in, unless its torrent or its path is taken; then returns the one that has it.
    func insert(_ session: TorrentSession) -> TorrentSession? {
        sessions.withLock { sessions in
            if let present = sessions[session.infoHash] { return present }
            if let neighbour = sessions.values.first(where: { $0.files.isInPlace(of: session.files) }) {
                return neighbour
            }
            sessions[session.infoHash] = session
            return nil
        }
    }

    func remove(_ infoHash: InfoHash) -> TorrentSession? { sessions.withLock { $0.removeValue(forKey: infoHash) } }

    package func delegate(for infoHash: InfoHash) -> (any PeerConnectionDelegate)? { self[infoHash] }
}
