/// How much a piece is wanted; what a higher priority names is begun before anything of a lower one.
package enum PiecePriority: UInt8, Hashable, Sendable, CaseIterable {
    /// Not asked for. Pieces that are there all the same are kept and shared.
    case skip
    case low
    case normal
    case high
}

extension PiecePriority: Comparable {
    package static func < (left: PiecePriority, right: PiecePriority) -> Bool { left.rawValue < right.rawValue }
}

/// In which order pieces of one priority are begun.
package enum PieceOrder: Hashable, Sendable {
    /// Best for the swarm: what few peers have is copied first.
    case rarestFirst
    /// From the first piece to the last, for a reader that follows.
    case sequential
}
