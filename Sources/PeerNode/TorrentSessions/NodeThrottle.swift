import BitTorrentTypes
import NIOCore
import PeerEngine
import Synchronization

/// The limits that all torrents of a node share; each torrent's loop books quanta here.
///
/// Without a limit a torrent reads one number and takes no lock.
final class NodeThrottle: Sendable {
    enum Direction: Int, CaseIterable, Sendable {
        case down, up
    }

    private struct State {
        var schedules = Direction.allCases.map { _ in RateSchedule(.unlimited) }
    }

    private let state = Mutex(State())
    /// Grows with each change, so that torrents forget what they booked before.
    private let changes = Atomic(0)
    private let limited = Direction.allCases.map { _ in Flag() }

    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    init() {}

    var generation: Int { changes.load(ordering: .acquiring) }

    func limit(_ direction: Direction) -> RateLimit {
        state.withLock { $0.schedules[direction.rawValue].limit }
    }

    func set(_ limit: RateLimit, _ direction: Direction, at now: EngineTime) {
        let isNew = state.withLock { state in
            let isNew = state.schedules[direction.rawValue].limit != limit
            state.schedules[direction.rawValue].set(limit, at: now)
            return isNew
        }
        guard isNew else { return }
        limited[direction.rawValue].isSet.store(limit != .unlimited, ordering: .releasing)
        changes.add(1, ordering: .acquiringAndReleasing)
    }

    /// What to book at once; `nil` without a limit.
    func quantum(_ direction: Direction) -> Int? {
        guard limited[direction.rawValue].isSet.load(ordering: .acquiring) else { return nil }
        return state.withLock { $0.schedules[direction.rawValue].quantum }
    }

    func book(_ bytes: Int, _ direction: Direction, at now: EngineTime) -> EngineTime {
        state.withLock { $0.schedules[direction.rawValue].book(bytes, at: now) }
    }
}
