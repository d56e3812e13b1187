import BusServices
import BusTransport
import ServiceShapes

extension SuiteReport {
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
