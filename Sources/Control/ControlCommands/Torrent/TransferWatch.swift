import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

/// Follows one torrent of one node until it is where somebody wants it.
///
/// Events drive it. The node is asked anew when the subscription stands, after a gap, after a restart, and when nothing
/// was heard for a while: a node that was killed tells nobody.
struct TransferWatch: Sendable {
    /// What a watcher waits for.
    enum Goal: Sendable {
        /// Every piece is there and verified.
        case complete
        /// The files that were there are checked.
        case checked
        /// The files are no longer being moved, whatever came of it.
        case settled
    }

    /// Why the watch is over.
    enum End: Hashable, Sendable {
        case reached(TorrentSummary)
        case failed(TorrentSummary)
        case removed
    }

    static let silence = Duration.seconds(2)

    let infoHash: InfoHash
    let node: ProcessName
    let goal: Goal

    /// What one update means: the news about the torrent, that it is gone, or that the node must be asked.
    enum News: Hashable, Sendable {
        case changed(TorrentSummary)
        case removed
        case ask
        case nothing
    }

    func news(in update: SuiteUpdate) -> News {
        switch update {
        case .missed, .live:
            .ask
        case .event(.torrentChanged(let torrent), _, _, _):
            torrent.infoHash == infoHash && torrent.node == node.description ? .changed(torrent) : .nothing
        case .event(.torrentRemoved(let removed, let from), _, _, _):
            removed == infoHash && from == node.description ? .removed : .nothing
        case .event(.processChanged(let process), _, _, _):
            process.name == node && process.state == .ready ? .ask : .nothing
        case .event:
            .nothing
        }
    }

    func end(for torrent: TorrentSummary) -> End? {
        if goal == .settled { return torrent.movingTo == nil ? .reached(torrent) : nil }
        switch torrent.state {
        case .error, .missing: return .failed(torrent)
        case .queued: return goal == .checked && torrent.hasAllWanted ? .reached(torrent) : nil
        case .checking: return nil
        case .seeding, .finished: return .reached(torrent)
        case .downloading: return goal == .checked ? .reached(torrent) : nil
        case .paused: return goal == .checked || torrent.hasAllWanted ? .reached(torrent) : nil
        }
    }

    /// Waits for the goal, showing each change.
    ///
    /// `updates` was subscribed to before the torrent was added, so that nothing is missed; `first` is what the node
    /// answered to that.
    func run(
        _ updates: Ticking<SuiteUpdate>,
        from first: TorrentSummary,
        over connection: SuiteConnection,
        show: (TorrentSummary) -> Void
    ) async throws -> End {
        show(first)
        if let end = end(for: first) { return end }
        for await update in updates.elements {
            try Task.checkCancellation()
            switch update.map(news) ?? .ask {
            case .nothing:
                continue
            case .removed:
                return .removed
            case .changed(let torrent):
                show(torrent)
                if let end = end(for: torrent) { return end }
            case .ask:
                switch try await current(over: connection) {
                case .changed(let torrent):
                    show(torrent)
                    if let end = end(for: torrent) { return end }
                case .removed:
                    return .removed
                case .ask, .nothing:
                    continue
                }
            }
        }
        try Task.checkCancellation()
        throw SuiteConnection.notRunning(connection.home)
    }

    /// What the node says now; nothing while it is being restarted.
    private func current(over connection: SuiteConnection) async throws -> News {
        do {
            return .changed(try await connection.torrents(on: node).show(infoHash).summary)
        } catch {
            guard error.code != .notFound else { return .removed }
            guard error.code == .unavailable || error.code == .deadlineExceeded else { throw error }
        }
        // A node on its way back is worth waiting for; a suite that is gone is not.
        let process = try await connection.report().processes.first { $0.name == node }
        guard let process, process.state != .failed else {
            throw CommandFailure(.notRunning, "\(node) is down; start it again with: p2pctl restart \(node)")
        }
        return .nothing
    }
}
