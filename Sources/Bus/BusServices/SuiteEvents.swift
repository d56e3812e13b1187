package import BitTorrentTypes
package import BusTransport

/// A change that processes tell each other; what each topic of the bus carries.
package enum SuiteEvent: Hashable, Sendable {
    case torrentChanged(TorrentSummary)
    case torrentRemoved(InfoHash, node: String)
    case processChanged(ProcessReport)
    case logLine(LogLine)
    case hashJobChanged(HashJobReport)

    package var topic: Topic {
        switch self {
        case .torrentChanged, .torrentRemoved: .torrent
        case .processChanged: .process
        case .logLine: .log
        case .hashJobChanged: .job
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

package struct HashJobReport: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case waiting, running, done, failed, requeued
    }

    package let job: UInt64
    package var state: State
    package var worker: String
    package let requester: String
    package let bytesTotal: Int
    package var bytesHashed: Int

    package init(job: UInt64, state: State, worker: String, requester: String, bytesTotal: Int, bytesHashed: Int) {
        self.job = job
        self.state = state
        self.worker = worker
        self.requester = requester
        self.bytesTotal = bytesTotal
        self.bytesHashed = bytesHashed
    }
}
