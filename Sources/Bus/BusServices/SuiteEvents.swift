package import BitTorrentTypes
package import BusTransport

/// A change that processes tell each other; what each topic of the bus carries.
package enum SuiteEvent: Hashable, Sendable {
    case torrentChanged(TorrentSummary)
    case torrentRemoved(InfoHash, node: String)
    case processChanged(ProcessReport)
    case logLine(LogLine)
    case hashTaskChanged(HashTaskStatus)

    package var topic: Topic {
        switch self {
        case .torrentChanged, .torrentRemoved: .torrent
        case .processChanged: .process
        case .logLine: .log
        case .hashTaskChanged: .job
        }
    }
}

package struct LogLine: Hashable, Sendable {
    package let level: String
    package let label: String
    package let message: String
    package let metadata: [String: String]

    package init(level: String, label: String, message: String, metadata: [String: String]) {
        self.level = level
        self.label = label
        self.message = message
        self.metadata = metadata
    }
}
