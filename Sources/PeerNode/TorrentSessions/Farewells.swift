import BitTorrentTypes
import PeerNetworking
import Synchronization

/// The last announces that are still under way: they outlive their torrent's run, but not the node.
///
/// A torrent that starts again waits for its own, or a tracker would hear `started` before `stopped` and forget it.
final class Farewells: Sendable {
    private struct Farewell {
        let number: Int
        let task: Task<Void, Never>
    }

    private struct State {
        var underway: [InfoHash: Farewell] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    /// Has `announcer` tell its trackers that the torrent stops; takes at most four seconds.
    func say(_ announcer: TrackerAnnouncer, of session: TorrentSession) {
        let infoHash = session.infoHash
        state.withLock { state in
            state.count += 1
            let number = state.count
            let before = state.underway[infoHash]?.task
            let task = Task { [weak self] in
                await before?.value
                await announcer.stop()
                // It knows what the last announce says, also when it is removed.
                withExtendedLifetime(session) {}
                self?.ended(number, of: infoHash)
            }
            state.underway[infoHash] = Farewell(number: number, task: task)
        }
    }

    /// Waits until the trackers of a torrent were told.
    func said(of infoHash: InfoHash) async {
        await state.withLock { $0.underway[infoHash]?.task }?.value
    }

    /// Waits until all trackers were told.
    func allSaid() async {
        for task in state.withLock({ $0.underway.values.map(\.task) }) { await task.value }
    }

    private func ended(_ number: Int, of infoHash: InfoHash) {
        state.withLock { state in
            if state.underway[infoHash]?.number == number { state.underway[infoHash] = nil }
        }
    }
}
