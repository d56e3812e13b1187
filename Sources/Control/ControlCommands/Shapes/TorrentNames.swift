import BusServices

extension TorrentSummary {
    var shownName: String { DisplayText.escaped(name) }
}
