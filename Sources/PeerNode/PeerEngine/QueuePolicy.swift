/// Which torrents of a node run, which wait, and which have been seeded enough.
///
///     order      a  b  c  d  e  f  g            downloads ≤ 2, seeds ≤ 1
///     is         D  D~ D  D  S  S  S✓           D downloads, S seeds, ~ stalled, ✓ ratio reached
///     decision   r  r  r  q  r  q  f            run, queue, finish
///
/// - A torrent that stalls keeps running and takes no place, so that one without peers blocks nobody.
/// - When a stalled one moves again and there are too many, the last of the running ones waits.
/// - What a person paused, and what an error stopped, is no business of the queue.
package struct QueuePolicy: Hashable, Sendable {
    /// One torrent that a person wants to run, in the queue's order.
    package struct Torrent: Hashable, Sendable {
        package var isComplete: Bool
        /// It runs or is being checked; nothing has moved for a while when `isStalled`.
        package var isRunning: Bool
        package var isStalled: Bool
        /// Uploaded against downloaded.
        package var ratio: Double
        package var seedingSeconds: Double
        /// The limits in force; `nil` when there is none.
        package var ratioLimit: Double?
        package var seedingSecondsLimit: Double?

        package init(
            isComplete: Bool,
            isRunning: Bool,
            isStalled: Bool = false,
            ratio: Double = 0,
            seedingSeconds: Double = 0,
            ratioLimit: Double? = nil,
            seedingSecondsLimit: Double? = nil
        ) {
            self.isComplete = isComplete
            self.isRunning = isRunning
            self.isStalled = isStalled
            self.ratio = ratio
            self.seedingSeconds = seedingSeconds
            self.ratioLimit = ratioLimit
            self.seedingSecondsLimit = seedingSecondsLimit
        }

        /// Whether it has been seeded enough: one limit that is reached is enough.
        package var isFinished: Bool {
            guard isComplete else { return false }
            return ratioLimit.map { ratio >= $0 } ?? false
                || seedingSecondsLimit.map { seedingSeconds >= $0 } ?? false
        }
    }

    package enum Decision: Hashable, Sendable {
        case run
        case queue
        case finish
    }

    /// Active downloads and active seeds; `nil` when they are not limited.
    package var downloads: Int?
    package var seeds: Int?

    package init(downloads: Int? = nil, seeds: Int? = nil) {
        self.downloads = downloads
        self.seeds = seeds
    }

    /// Whether any torrent may have to wait.
    package var isLimited: Bool { downloads != nil || seeds != nil }

    /// A decision for each torrent; `torrents` are in the queue's order.
    package func decide(_ torrents: [Torrent]) -> [Decision] {
        var free = (downloads: downloads ?? .max, seeds: seeds ?? .max)
        return torrents.map { torrent in
            if torrent.isFinished { return .finish }
            if torrent.isRunning, torrent.isStalled { return .run }
            let place =
                torrent.isComplete ? \(downloads: Int, seeds: Int).seeds : \(downloads: Int, seeds: Int).downloads
            guard free[keyPath: place] > 0 else { return .queue }
            free[keyPath: place] -= 1
            return .run
        }
    }
}

/// The order of a queue, as people change it.
package enum QueueOrder {
    /// `order` with the torrent at `index` moved; other places keep their order.
    package static func moving<Element>(_ index: Int, of order: [Element], to place: Place) -> [Element] {
        var moved = order
        let element = moved.remove(at: index)
        let target =
            switch place {
            case .up: max(0, index - 1)
            case .down: min(moved.count, index + 1)
            case .top: 0
            case .bottom: moved.count
            }
        moved.insert(element, at: target)
        return moved
    }

    package enum Place: String, CaseIterable, Sendable {
        case up, down, top, bottom
    }
}
