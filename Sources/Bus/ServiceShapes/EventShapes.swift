import BitTorrentTypes
package import BusServices
import BusTransport

// What scripts see of events.

extension SuiteUpdate {
    package var json: JSONValue {
        switch self {
        case .missed(let topic):
            return ["topic": .text(topic.rawValue), "event": "missed"]
        case .live:
            return ["event": "live"]
        case .event(let event, let sequence, let source, let time):
            return Self.header(event, sequence, source, time).adding(event.json)
        }
    }

    private static func header(
        _ event: SuiteEvent,
        _ sequence: UInt64,
        _ source: String,
        _ time: Int64
    ) -> JSONValue {
        [
            "topic": .text(event.topic.rawValue),
            "sequence": .integer(Int(clamping: sequence)),
            "source": .text(source),
            "time_ms": .integer(Int(time)),
        ]
    }
}

extension SuiteEvent {
    package var json: JSONValue {
        switch self {
        case .torrentChanged(let torrent):
            return ["event": "torrent_changed", "torrent": torrent.json]
        case .torrentRemoved(let infoHash, let node):
            return ["event": "torrent_removed", "id": .text(infoHash.hex), "node": .text(node)]
        case .processChanged(let process):
            return ["event": "process_changed", "process": process.json]
        case .logLine(let line):
            let head: JSONValue = ["event": "log_line"]
            return head.adding(line.json)
        case .hashTaskChanged(let task):
            return ["event": "job_changed", "job": task.json]
        }
    }
}

extension LogLine {
    package var json: JSONValue {
        [
            "level": .text(level),
            "label": .text(label),
            "message": .text(message),
            "metadata": .object(
                metadata.sorted { $0.key < $1.key }.map { JSONValue.Field(key: $0.key, value: .text($0.value)) }
            ),
        ]
    }
}
