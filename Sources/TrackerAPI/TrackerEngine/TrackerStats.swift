/// How many share a torrent.
package struct SwarmCounts: Hashable, Sendable {
    package let seeders: Int
    package let leechers: Int
    /// Downloads completed so far.
    package let completed: Int
    package let lastAnnounce: Duration

    package init(seeders: Int, leechers: Int, completed: Int, lastAnnounce: Duration) {
        self.seeders = seeders
        self.leechers = leechers
        self.completed = completed
        self.lastAnnounce = lastAnnounce
    }
}

/// The numbers of the whole tracker, or of a part of it; parts add up.
///
/// - Units: `uploaded` and `downloaded` in bytes, as the peers say, since the start.
package struct TrackerStats: Hashable, Sendable {
    package var torrents = 0
    package var seeders = 0
    package var leechers = 0
    package var completed = 0
    package var announces = 0
    package var scrapes = 0
    package var uploaded = 0
    package var downloaded = 0
    /// Announces a second over the last minute.
    package var announceRate = 0.0

    package init() {}

    package var peers: Int { seeders + leechers }

    package static func + (left: TrackerStats, right: TrackerStats) -> TrackerStats {
        var sum = left
        sum.torrents += right.torrents
        sum.seeders += right.seeders
        sum.leechers += right.leechers
        sum.completed += right.completed
        sum.announces += right.announces
        sum.scrapes += right.scrapes
        sum.uploaded = TrackerTotals.sum(left.uploaded, right.uploaded)
        sum.downloaded = TrackerTotals.sum(left.downloaded, right.downloaded)
        sum.announceRate += right.announceRate
        return sum
    }
}

/// What a tracker counts as it goes; sums stop at the largest number instead of wrapping.
struct TrackerTotals: Sendable {
    private(set) var announces = 0
    var scrapes = 0
    private(set) var uploaded = 0
    private(set) var downloaded = 0
    /// Announces of each of the last sixty seconds, at the index of the second modulo sixty.
    private var seconds = [(second: UInt32, count: Int)](repeating: (0, 0), count: 60)

    mutating func announced(at second: UInt32) {
        announces += 1
        let slot = Int(second % 60)
        if seconds[slot].second == second {
            seconds[slot].count += 1
        } else {
            seconds[slot] = (second, 1)
        }
    }

    /// Adds what a peer has moved since its last word; a counter that went back adds nothing.
    mutating func moved(from known: PeerDetails, uploaded: Int, downloaded: Int) {
        self.uploaded = Self.sum(self.uploaded, max(0, PeerDetails.held(uploaded) - known.uploaded))
        self.downloaded = Self.sum(self.downloaded, max(0, PeerDetails.held(downloaded) - known.downloaded))
    }

    func announceRate(at second: UInt32) -> Double {
        Double(seconds.reduce(0) { $1.second > second || second - $1.second >= 60 ? $0 : $0 + $1.count }) / 60
    }

    static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
