package import BitTorrentTypes

/// How fast a node may go, how many torrents run, and how long they are seeded, as configured.
package struct NodePreferences: Hashable, Sendable {
    package var down = RateLimit.unlimited
    package var up = RateLimit.unlimited
    /// Hold instead while they are switched on.
    package var alternativeDown = RateLimit.unlimited
    package var alternativeUp = RateLimit.unlimited
    package var schedule = SpeedSchedule()
    /// Active downloads and active seeds; `nil` when not limited.
    package var activeDownloads: Int?
    package var activeSeeds: Int?
    /// When a torrent that says nothing else has been seeded enough.
    package var seedRatio: Double?
    package var seedSeconds: Double?
    package var connections = ConnectionPreferences()

    package init() {}

    /// Takes an equal part of limits that `count` nodes share.
    package mutating func divideLimits(by count: Int) {
        for limit in [\NodePreferences.down, \.up, \.alternativeDown, \.alternativeUp] {
            self[keyPath: limit] = self[keyPath: limit].divided(by: count)
        }
    }
}
