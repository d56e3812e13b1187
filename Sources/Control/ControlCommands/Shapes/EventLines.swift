import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

// What people see of events.

extension SuiteUpdate {
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
}

extension SuiteEvent {
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
}
