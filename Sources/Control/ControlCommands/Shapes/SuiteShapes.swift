import BusServices
import BusTransport

// What scripts see of processes and of the whole suite.

extension ProcessReport {
    var json: JSONValue {
        [
            "name": .text(name.description),
            "role": .text(name.role.rawValue),
            "pid": .integer(Int(pid)),
            "epoch": .integer(Int(clamping: epoch)),
            "state": .text(state.rawValue),
            "restarts": .integer(restarts),
            "cpu_seconds": .number(cpuSeconds),
            "rss_bytes": .integer(residentBytes),
            "uptime_s": .number(uptimeSeconds),
            "last_exit": .text(lastExit),
            "load": .integer(load),
        ]
    }
}

extension SuiteReport {
    /// What tracker-api serves; nothing when it is not ready.
    var tracker: Endpoints {
        processes.first { $0.name.role == .trackerAPI && $0.state == .ready }?.endpoints ?? Endpoints()
    }

    var nodes: [ProcessReport] {
        processes.filter { $0.name.role == .peerNode }.sorted { $0.name < $1.name }
    }

    var json: JSONValue {
        let start: JSONValue = ["version": .text(version)]
        return start.adding(.name("home", home)).adding([
            "http_url": .optional(tracker.httpURL),
            "udp_url": .optional(tracker.udpURL),
            "tracker_announce_url": .optional(tracker.announceURL),
            "processes": .array(processes.sorted { $0.name < $1.name }.map(\.json)),
            "nodes": .array(nodes.map(\.nodeJSON)),
            "launcher_pid": .integer(Int(launcherPID)),
            "uptime_s": .number(uptimeSeconds),
            "hash_queue": [
                "waiting": .integer(hashQueue.waiting),
                "running": .integer(hashQueue.running),
                "bytes_hashed": .integer(hashQueue.bytesHashed),
                "requeued": .integer(hashQueue.requeued),
            ],
        ])
    }

    /// One page of state.
    var page: [String] {
        var page = [
            "p2p \(version) at \(DisplayText.escaped(home)), launcher pid \(launcherPID), "
                + "up \(HumanUnits.duration(seconds: uptimeSeconds))"
        ]
        if let url = tracker.httpURL { page.append("console   \(DisplayText.escaped(url))") }
        if let url = tracker.announceURL { page.append("tracker   \(DisplayText.escaped(url))") }
        if let url = tracker.udpURL { page.append("udp       \(DisplayText.escaped(url))") }
        for node in nodes {
            let port = node.endpoints.peerPort.map { "port \($0)" } ?? node.state.rawValue
            page.append("\(node.name)  \(port), \(node.load == 1 ? "1 torrent" : "\(node.load) torrents")")
        }
        let workers = processes.filter { $0.name.role == .hasherWorker }
        let ready = workers.count { $0.state == .ready }
        page.append(
            "hashing   \(ready) of \(workers.count) workers ready, \(hashQueue.running) jobs running, "
                + "\(hashQueue.waiting) waiting, \(HumanUnits.bytes(hashQueue.bytesHashed)) done"
        )
        for process in processes where process.state == .failed || process.state == .waiting {
            page.append("\(process.name) is \(process.state.rawValue): \(DisplayText.escaped(process.lastExit))")
        }
        return page
    }
}

extension ProcessReport {
    fileprivate var nodeJSON: JSONValue {
        [
            "name": .text(name.description),
            "listen_port": .optional(endpoints.peerPort.map { Int($0) }),
            "torrents": .integer(load),
        ]
    }
}
