package import BitTorrentTypes
import Metainfo
package import PeerNetworking
package import PeerWire
import PieceStore
import Synchronization

/// The torrents of a node by info-hash: the one table that every thread may look into.
package final class TorrentRegistry: PeerAcceptor {
    private struct State {
        var sessions: [InfoHash: TorrentSession] = [:]
        /// Only torrents of the same name can be in one place; names, unlike places, never change.
        var names: [[UInt8]: Set<InfoHash>] = [:]
    }

    private let connections: ConnectionBudget
    private let state = Mutex(State())

    init(_ connections: ConnectionBudget) {
        self.connections = connections
    }

    var all: [TorrentSession] { state.withLock { Array($0.sessions.values) } }

    package var count: Int { state.withLock { $0.sessions.count } }

    subscript(infoHash: InfoHash) -> TorrentSession? { state.withLock { $0.sessions[infoHash] } }

    /// Puts `session` in, unless its torrent or its path is taken; then returns the one that has it.
    func insert(_ session: TorrentSession) -> TorrentSession? {
        state.withLock { state in
            if let present = state.sessions[session.infoHash] { return present }
            let name = session.files.metainfo.name
            for infoHash in state.names[name] ?? [] {
                if let other = state.sessions[infoHash], other.files.isInPlace(of: session.files) { return other }
            }
            state.sessions[session.infoHash] = session
            state.names[name, default: []].insert(session.infoHash)
            return nil
        }
    }

    func remove(_ infoHash: InfoHash) -> TorrentSession? {
        state.withLock { state in
            guard let session = state.sessions.removeValue(forKey: infoHash) else { return nil }
            let name = session.files.metainfo.name
            state.names[name]?.remove(infoHash)
            if state.names[name]?.isEmpty == true { state.names[name] = nil }
            return session
        }
    }

    /// Nobody who comes in is taken while the node has as many connections as it may.
    package func delegate(for infoHash: InfoHash) throws(PeerFault) -> any PeerConnectionDelegate {
        guard let session = self[infoHash] else { throw .wrongInfoHash }
        guard !connections.isFull else { throw .tooManyConnections }
        return session
    }
}
