/// How many share a torrent.
package struct SwarmCounts: Hashable, Sendable {
    package let seeders: Int
    package let leechers: Int
    /// Downloads completed so far.
    package let completed: Int
    package let lastAnnounce: Duration

    init(_ swarm: Swarm) {
        seeders = swarm.seeders
        leechers = swarm.leechers
        completed = swarm.completed
        lastAnnounce = swarm.lastAnnounce
    }
}

/// The numbers of the whole tracker.
///
/// - Units: `uploaded` and `downloaded` in bytes, as the peers say, since the start.
package struct TrackerStats: Hashable, Sendable {
    package private(set) var torrents = 0
    package private(set) var peers = 0
    package private(set) var seeders = 0
    package private(set) var leechers = 0
    package private(set) var completed = 0
    package let announces: Int
    package let scrapes: Int
    package let uploaded: Int
    package let downloaded: Int
    /// Announces a second over the last minute.
    package let announceRate: Double

    init(swarms: some Sequence<Swarm>, totals: TrackerTotals, at now: Duration) {
        announces = totals.announces
        scrapes = totals.scrapes
        uploaded = totals.uploaded
        downloaded = totals.downloaded
        announceRate = totals.announceRate(at: now)
        for swarm in swarms {
            torrents += 1
            seeders += swarm.seeders
            leechers += swarm.leechers
            completed += swarm.completed
        }
        peers = seeders + leechers
    }
}

/// What a tracker counts as it goes; sums stop at the largest number instead of wrapping.
struct TrackerTotals: Sendable {
    private(set) var announces = 0
    var scrapes = 0
    private(set) var uploaded = 0
    private(set) var downloaded = 0
    /// Announces of each of the last sixty seconds, at the index of the second modulo sixty.
    private var seconds = [(second: Int64, count: Int)](repeating: (.min, 0), count: 60)

    mutating func announced(at now: Duration) {
        announces += 1
        let second = now.components.seconds
        let slot = Self.slot(of: second)
        if seconds[slot].second != second { seconds[slot] = (second, 0) }
        seconds[slot].count += 1
    }

    /// Adds what a peer has moved since its last word; a counter that went back adds nothing.
    mutating func moved(from known: SwarmPeer?, uploaded: Int, downloaded: Int) {
        guard let known else { return }
        self.uploaded = Self.sum(self.uploaded, max(0, uploaded - known.uploaded))
        self.downloaded = Self.sum(self.downloaded, max(0, downloaded - known.downloaded))
    }

    func announceRate(at now: Duration) -> Double {
        let oldest = now.components.seconds - 59
        return Double(seconds.reduce(0) { $1.second >= oldest ? $0 + $1.count : $0 }) / 60
    }

    private static func slot(of second: Int64) -> Int { Int(((second % 60) + 60) % 60) }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
