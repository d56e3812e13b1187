package import BusServices
import BusTransport

// What scripts see of processes and of the whole suite.

extension ProcessReport {
    package var json: JSONValue {
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
    package var tracker: Endpoints {
        processes.first { $0.name.role == .trackerAPI && $0.state == .ready }?.endpoints ?? Endpoints()
    }

    package var nodes: [ProcessReport] {
        processes.filter { $0.name.role == .peerNode }.sorted { $0.name < $1.name }
    }

    package var json: JSONValue {
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
