import BitTorrentTypes
import BusServices

/// Turns what a node says of a torrent into lines of progress.
///
/// A node tells how far a check is, not how fast: the mean rate since the first news of it is found here.
struct CheckMeter {
    private var start: (instant: ContinuousClock.Instant, bytes: Int)?

    mutating func line(_ torrent: TorrentSummary, now: ContinuousClock.Instant = .now) -> ProgressLine {
        guard torrent.state == .checking else {
            start = nil
            return ProgressLine(torrent)
        }
        let checked = torrent.checkedBytes
        let (instant, bytes) = start ?? (now, checked)
        start = (instant, bytes)
        let seconds = (now - instant) / .seconds(1)
        return ProgressLine(
            name: String(decoding: torrent.name, as: UTF8.self),
            state: torrent.state.rawValue,
            done: checked,
            total: torrent.size,
            rate: seconds > 0.1 ? Double(max(0, checked - bytes)) / seconds : 0
        )
    }
}

extension TorrentSummary {
    /// Of a check that goes on, in bytes.
    fileprivate var checkedBytes: Int { Int(Double(size) * min(max(checkingProgress, 0), 1)) }
}

extension ProgressLine {
    fileprivate init(_ torrent: TorrentSummary) {
        self.init(
            name: String(decoding: torrent.name, as: UTF8.self),
            state: torrent.state.rawValue,
            done: torrent.wantedVerifiedBytes,
            total: torrent.wantedBytes,
            rate: torrent.downRate
        )
        uploadRate = torrent.upRate
        peers = torrent.peers
    }
}
