import Synchronization

/// Counts the connections and dials of all torrents of a node against the limits that they share.
///
///     limit      ├──────────────────────────────────────────┤
///     in use     │ connections        │ dials │ lent │ free  │      lent: asked for by a torrent that is about to dial
///     dial limit                      ├──────────────┤
///
/// Torrents live on several loops, so whoever dials borrows first, and no two of them take the same slot.
final class ConnectionBudget: Sendable {
    private struct Counts {
        var connections = 0
        var dials = 0
        var lent = 0
    }

    let limit: Int
    private let dialLimit: Int
    private let counts = Mutex(Counts())

    init(limit: Int, dialLimit: Int) {
        self.limit = limit
        self.dialLimit = dialLimit
    }

    /// Connections and dials under way.
    var used: Int { counts.withLock { $0.connections + $0.dials } }

    /// Whether one more connection would be one too many.
    var isFull: Bool { used >= limit }

    /// A torrent has so many more, or fewer.
    func changed(connections: Int, dials: Int) {
        counts.withLock { counts in
            counts.connections += connections
            counts.dials += dials
        }
    }

    /// Lends as many of the wanted dials as there are; they are given back with ``giveBack(_:)`` when they are counted.
    func borrow(_ wanted: Int) -> Int {
        counts.withLock { counts in
            let free = min(limit - counts.connections, dialLimit) - counts.dials - counts.lent
            let lent = max(0, min(wanted, free))
            counts.lent += lent
            return lent
        }
    }

    func giveBack(_ lent: Int) {
        counts.withLock { $0.lent -= lent }
    }
}
