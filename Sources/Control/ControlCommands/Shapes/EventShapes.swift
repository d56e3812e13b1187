import BitTorrentTypes
import BusServices
import BusTransport

// What scripts and people see of events.

extension SuiteUpdate {
    var json: JSONValue {
        switch self {
        case .missed(let topic):
            return ["topic": .text(topic.rawValue), "event": "missed"]
        case .live:
            return ["event": "live"]
        case .event(let event, let sequence, let source, let time):
            return Self.header(event, sequence, source, time).adding(event.json)
        }
    }

    var line: String {
        switch self {
        case .missed(let topic):
            return "missed events about \(topic.rawValue)"
        case .live:
            return "listening"
        case .event(let event, _, let source, let time):
            return "\(Timestamp.text(unixMilliseconds: time))  \(DisplayText.padded(source, to: 15))  \(event.line)"
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
    var json: JSONValue {
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

    var line: String {
        switch self {
        case .torrentChanged(let torrent):
            "torrent \(torrent.infoHash.hex.prefix(8)) \(torrent.shownName): \(torrent.state.rawValue) "
                + "\(HumanUnits.percent(torrent.progress)), ↓ \(HumanUnits.rate(torrent.downRate)) "
                + "↑ \(HumanUnits.rate(torrent.upRate)), \(torrent.peers) peers"
        case .torrentRemoved(let infoHash, let node):
            "torrent \(infoHash.hex.prefix(8)) removed from \(DisplayText.escaped(node))"
        case .processChanged(let process):
            "process \(process.name): \(process.state.rawValue), pid \(process.pid), epoch \(process.epoch)"
        case .logLine(let line):
            line.text
        case .hashTaskChanged(let task):
            task.line
        }
    }
}

extension LogLine {
    var text: String {
        let facts = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return DisplayText.escaped("\(level)  \(message)\(facts)")
    }

    var json: JSONValue {
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
