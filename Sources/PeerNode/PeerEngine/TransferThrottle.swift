package import BitTorrentTypes

/// How many bytes of one torrent may move now in one direction, under its own limit and one that it shares.
///
///     node       ──── schedule ────┬───────────┬────
///     torrent          schedule ───┤  schedule ┤          a quantum is booked at every level that has a limit,
///     quantum                      ▼           ▼          and may move when the latest booking begins
///
/// Bytes that have moved are told by ``spend(_:at:sharing:)``; more than the quantum held are booked afterwards, so that
/// a run is never cut and the mean still holds.
package struct TransferThrottle: Sendable {
    /// Where the quanta of all torrents are booked; the node's, which knows its own lock.
    package typealias Shared = (_ bytes: Int) -> EngineTime

    package enum Allowance: Hashable, Sendable {
        case unlimited
        case bytes(Int)
        /// Nothing before this moment.
        case wait(until: EngineTime)
    }

    private var own: RateSchedule
    private var held: (bytes: Int, from: EngineTime)?

    package init(_ limit: RateLimit) { own = RateSchedule(limit) }

    package var limit: RateLimit { own.limit }

    /// Changes the torrent's own limit.
    package mutating func set(_ limit: RateLimit, at now: EngineTime) {
        guard limit != own.limit else { return }
        own.set(limit, at: now)
        held = nil
    }

    /// Forgets what is booked, because the shared limit has changed.
    package mutating func reset() { held = nil }

    /// What may move now.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - sharedQuantum: what the shared schedule books at once; `nil` when it has no limit.
    ///   - book: books at the shared schedule.
    /// - Returns: what may move now, and when to ask again.
    package mutating func allowance(at now: EngineTime, sharedQuantum: Int?, book: Shared) -> Allowance {
        guard own.limit != .unlimited || sharedQuantum != nil else { return .unlimited }
        if held.map({ $0.bytes <= 0 }) ?? true {
            let overdraft = -(held?.bytes ?? 0)
            let quantum = min(own.quantum, sharedQuantum ?? .max)
            // What moved beyond the last quantum is paid for first.
            var from = own.book(overdraft, at: now)
            from = max(from, own.book(quantum, at: now))
            if sharedQuantum != nil { from = max(from, book(overdraft + quantum)) }
            held = (quantum, from)
        }
        guard let held else { return .unlimited }
        return held.from <= now ? .bytes(held.bytes) : .wait(until: held.from)
    }

    /// Bytes have moved, or are on their way and cannot be held back any more.
    package mutating func spend(_ bytes: Int) {
        guard let held else { return }
        self.held = (held.bytes - bytes, held.from)
    }
}
