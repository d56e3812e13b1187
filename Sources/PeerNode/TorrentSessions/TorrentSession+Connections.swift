import BitTorrentTypes
import NIOCore
import PeerEngine
import PeerNetworking
import PeerWire

/// How many peers a torrent may have: what a person chose for it, what the node is set to, and what the others leave.
///
/// The engine may dial only while it is told the time, with slots that are borrowed for just so long: between two ticks
/// nobody holds slots that another torrent could use.
extension TorrentSession {
    /// The most dials of one torrent.
    private static let mostDials = EngineSettings().maximumDials

    var connectionLimit: Int { options.connections.value(elseOfNode: environment.connectionPreferences.perTorrent) }

    var engineSettings: EngineSettings {
        let node = environment.connectionPreferences
        var settings = environment.engine
        settings.listenPort = environment.listenPort == 0 ? nil : environment.listenPort
        settings.maximumConnections = connectionLimit
        settings.maximumDials = 0
        settings.addressSharing = node.addressSharing
        settings.uploadSlots = options.uploadSlots.value(elseOfNode: node.uploadSlots)
        settings.seedChoking = node.seedChoking
        return settings
    }

    /// Lets the engine dial; returns how many slots are to be given back.
    func borrowDials() -> Int {
        guard let dialling = engine?.dialCount, engine?.knownAddressCount ?? 0 > 0 else { return 0 }
        let lent = environment.connections.borrow(Self.mostDials - dialling)
        if lent > 0 { engine?.settings.maximumDials = dialling + lent }
        return lent
    }

    func giveBackDials(_ lent: Int) {
        guard lent > 0 else { return }
        engine?.settings.maximumDials = 0
        environment.connections.giveBack(lent)
    }

    /// Keeps the node's count, whenever a connection or a dial begins or ends.
    func countConnections() {
        let before = counted
        counted = (connections.count, dials.count)
        guard counted != before else { return }
        environment.connections.changed(
            connections: counted.connections - before.connections,
            dials: counted.dials - before.dials
        )
        guard counted.connections > before.connections, environment.connections.used > environment.connections.limit
        else { return }
        // Several came in at once: the engine is busy with this one, so a moment later.
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.assumeIsolated { $0.closeSurplus() } }
    }

    /// Closes as many connections as are too many: those on which least moves, of equals the youngest.
    func closeSurplus() {
        guard let engine else { return }
        let ofNode = environment.connections.used - environment.connections.limit
        let surplus = max(connections.count - connectionLimit, ofNode)
        guard surplus > 0 else { return }
        let peers = engine.peers(at: now).sorted { left, right in
            (left.downRate + left.upRate, right.connectedAt) < (right.downRate + right.upRate, left.connectedAt)
        }
        for peer in peers.prefix(surplus) { connections[peer.key]?.close(.tooManyConnections) }
    }
}
