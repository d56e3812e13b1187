package import BitTorrentTypes
import TrackerWire

/// How one tracker of a torrent does.
package struct TrackerStatus: Hashable, Sendable {
    package let url: String
    package let tier: Int
    /// `working`, `not asked yet`, or why not.
    package var text = "not asked yet"
    package var isWorking = false
    /// What it had to say besides its answer, in its own words.
    package var message = ""
    /// Announces in a row that came to nothing.
    package var failures = 0
    package var seeders = 0
    package var leechers = 0
    /// Downloads that were completed, when a scrape told.
    package var downloaded: Int?
    /// Where the tracker sees us (BEP 24).
    package var externalIP: IPAddress?
    /// When it will be asked again; `nil` when it waits behind another.
    package var next: ContinuousClock.Instant?

    package init(url: String, tier: Int) {
        self.url = url
        self.tier = tier
    }

    package var secondsToNext: Double {
        guard let next else { return 0 }
        return max(0, (next - .now) / .seconds(1))
    }

    mutating func answered(_ answer: AnnounceResponse) {
        text = answer.warning.map { "working: \($0)" } ?? "working"
        isWorking = true
        message = answer.warning ?? ""
        failures = 0
        if let complete = answer.complete { seeders = complete }
        if let incomplete = answer.incomplete { leechers = incomplete }
        if let ip = answer.externalIP { externalIP = ip }
    }

    mutating func failed(_ failure: AnnounceFailure) {
        text = failure.description
        isWorking = false
        if case .refused(let words) = failure { message = words } else { message = "" }
        failures += 1
    }

    mutating func scraped(_ torrent: ScrapeResponse.Torrent) {
        seeders = torrent.complete
        leechers = torrent.incomplete
        downloaded = torrent.downloaded
    }
}
