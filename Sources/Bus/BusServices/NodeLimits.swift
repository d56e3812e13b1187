package import BitTorrentTypes

/// When the alternative speeds of a node hold instead of its own.
package enum AlternativeSpeeds: String, CaseIterable, Sendable {
    case on, off
    /// By the clock, as configured.
    case schedule
}

/// What the torrents of a node share.
package struct NodeLimits: Hashable, Sendable {
    package var down = RateLimit.unlimited
    package var up = RateLimit.unlimited
    package var alternativeDown = RateLimit.unlimited
    package var alternativeUp = RateLimit.unlimited
    package var alternative = AlternativeSpeeds.off
    /// Whether the alternative speeds hold now.
    package var isAlternativeActive = false
    /// Bytes a second, of all torrents.
    package var downRate = 0.0
    package var upRate = 0.0

    package init() {}
}

/// What to change of that; what is `nil` stays.
package struct NodeLimitsChange: Hashable, Sendable {
    package var down: RateLimit?
    package var up: RateLimit?
    package var alternative: AlternativeSpeeds?

    package init() {}
}
