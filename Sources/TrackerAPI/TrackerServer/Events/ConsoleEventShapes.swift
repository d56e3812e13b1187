import BitTorrentTypes
import BusServices
import ServiceShapes
import TrackerEngine

extension SuiteEvent {
    /// As the event stream tells it; log lines are not told.
    var changes: [ConsoleEvent] {
        switch self {
        case .processChanged(let process):
            return [ConsoleEvent(topic: .process, key: "\(process.name)", change: .now(process.json))]
        case .torrentChanged(let torrent):
            let key = Self.key(torrent.infoHash, torrent.node)
            return [ConsoleEvent(topic: .torrent, key: key, change: .now(torrent.json))]
        case .torrentRemoved(let infoHash, let node):
            let key = Self.key(infoHash, node)
            let name: JSONValue = ["key": .text(key), "id": .text(infoHash.hex), "node": .text(node)]
            return [ConsoleEvent(topic: .torrent, key: key, change: .gone(name))]
        case .hashTaskChanged(let job):
            // A job that is over is told of, and not remembered.
            let change = ConsoleEvent(topic: .job, key: "\(job.number)", change: .now(job.json))
            guard job.state.isOver else { return [change] }
            let gone = ConsoleEvent(topic: .job, key: "\(job.number)", change: .gone(["key": .text("\(job.number)")]))
            return [change, gone]
        case .logLine:
            return []
        }
    }

    /// A torrent may be on several nodes.
    private static func key(_ infoHash: InfoHash, _ node: String) -> String { "\(node) \(infoHash.hex)" }
}

extension TrackerStats {
    /// What moves from second to second.
    var json: JSONValue {
        [
            "swarms": .integer(torrents),
            "peers": .integer(peers),
            "seeders": .integer(seeders),
            "leechers": .integer(leechers),
            "completed": .integer(completed),
            "announces": .integer(announces),
            "scrapes": .integer(scrapes),
            "announce_rate": .number(announceRate),
        ]
    }
}

extension UploadProgress {
    /// As the event stream tells it; an upload that is over is told of, and not remembered.
    var changes: [ConsoleEvent] {
        var fields: [JSONValue.Field] = [
            JSONValue.Field(key: "id", value: .text(id)),
            JSONValue.Field(key: "name", value: .text(name)),
            JSONValue.Field(key: "state", value: .text(phase.rawValue)),
            JSONValue.Field(key: "bytes_done", value: .integer(bytesDone)),
        ]
        if let bytesTotal { fields.append(JSONValue.Field(key: "bytes_total", value: .integer(bytesTotal))) }
        if let infoHash { fields.append(JSONValue.Field(key: "info_hash", value: .text(infoHash.hex))) }
        if let problem { fields.append(JSONValue.Field(key: "problem", value: .text(problem))) }
        let change = ConsoleEvent(topic: .upload, key: id, change: .now(.object(fields)))
        guard phase.isOver else { return [change] }
        return [change, ConsoleEvent(topic: .upload, key: id, change: .gone(["key": .text(id)]))]
    }
}

extension ConsoleEvent {
    /// A torrent came into the catalogue, or left it.
    static func catalogue(_ infoHash: InfoHash, isListed: Bool) -> ConsoleEvent {
        ConsoleEvent(
            topic: .catalogue,
            key: infoHash.hex,
            change: .news(["info_hash": .text(infoHash.hex), "listed": .boolean(isListed)])
        )
    }
}
