import BitTorrentTypes
import BusSchema
package import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// How events travel.
package enum EventMessages {
    package static func encode(_ event: SuiteEvent) throws(BusFault) -> [UInt8] {
        try P2p_V1_Event.with {
            switch event {
            case .torrentChanged(let torrent):
                $0.torrentChanged = P2p_V1_TorrentSummary(torrent)
            case .torrentRemoved(let infoHash, let node):
                $0.torrentRemoved = .with {
                    $0.infoHash = Data(infoHash.bytes)
                    $0.node = node
                }
            case .processChanged(let process):
                $0.processChanged = P2p_V1_ProcessInfo(process)
            case .logLine(let line):
                $0.logLine = .with {
                    $0.level = line.level
                    $0.label = line.label
                    $0.message = line.message
                    $0.metadata = line.metadata
                }
            case .hashTaskChanged(let task):
                $0.hashTaskChanged = P2p_V1_HashTaskInfo(task)
            }
        }.body()
    }

    /// Reads an event that came under `topic`; one that belongs to another topic is refused.
    package static func event(_ body: [UInt8], topic: Topic) throws(BusFault) -> SuiteEvent {
        let event: SuiteEvent
        switch try P2p_V1_Event(body: body).event {
        case .torrentChanged(let message): event = .torrentChanged(try TorrentSummary(message))
        case .torrentRemoved(let message):
            event = .torrentRemoved(try Field.infoHash(message.infoHash), node: message.node)
        case .processChanged(let message): event = .processChanged(try ProcessReport(message))
        case .logLine(let message):
            event = .logLine(
                LogLine(
                    level: message.level,
                    label: message.label,
                    message: message.message,
                    metadata: message.metadata
                )
            )
        case .hashTaskChanged(let message): event = .hashTaskChanged(try HashTaskStatus(message))
        case nil: throw BusFault(.invalid, "an event without content, or of a kind that is not known here")
        }
        guard event.topic == topic else {
            throw BusFault(.invalid, "an event about \(event.topic.rawValue) came as one about \(topic.rawValue)")
        }
        return event
    }
}
