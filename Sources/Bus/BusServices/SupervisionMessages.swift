import BusSchema
import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// The calls of ``SupervisionService``, as the envelope names them.
package enum SupervisionMethod: String, CaseIterable, Sendable {
    case status = "supervision.status"
    case scale = "supervision.scale"
    case restart = "supervision.restart"
    case stop = "supervision.stop"
}

extension ProcessState {
    init(_ message: P2p_V1_ProcessState) throws(BusFault) {
        switch message {
        case .starting: self = .starting
        case .ready: self = .ready
        case .stopping: self = .stopping
        case .waiting: self = .waiting
        case .failed: self = .failed
        case .unspecified, .UNRECOGNIZED:
            throw BusFault(.invalid, "unknown process state \(message.rawValue)")
        }
    }
}

extension P2p_V1_ProcessState {
    init(_ state: ProcessState) {
        switch state {
        case .starting: self = .starting
        case .ready: self = .ready
        case .stopping: self = .stopping
        case .waiting: self = .waiting
        case .failed: self = .failed
        }
    }
}

extension Endpoints {
    init(_ message: P2p_V1_Endpoints) throws(BusFault) {
        guard let port = UInt16(exactly: message.peerPort) else {
            throw BusFault(.invalid, "no port has the number \(message.peerPort)")
        }
        self.init(
            peerPort: port == 0 ? nil : port,
            httpURL: message.httpURL.isEmpty ? nil : message.httpURL,
            udpURL: message.udpURL.isEmpty ? nil : message.udpURL,
            announceURL: message.announceURL.isEmpty ? nil : message.announceURL
        )
    }
}

extension P2p_V1_Endpoints {
    init(_ endpoints: Endpoints) {
        self.init()
        peerPort = UInt32(endpoints.peerPort ?? 0)
        httpURL = endpoints.httpURL ?? ""
        udpURL = endpoints.udpURL ?? ""
        announceURL = endpoints.announceURL ?? ""
    }
}

extension ProcessReport {
    init(_ message: P2p_V1_ProcessInfo) throws(BusFault) {
        self.init(name: try Field.processName(message.name), state: try ProcessState(message.state))
        pid = try Field.processID(message.pid)
        epoch = message.epoch
        restarts = Int(message.restarts)
        cpuSeconds = try Field.amount(message.cpuSeconds, "cpu_seconds")
        residentBytes = try Field.size(message.rssBytes, "rss_bytes")
        uptimeSeconds = try Field.amount(message.uptimeSeconds, "uptime_seconds")
        lastExit = message.lastExit
        load = Int(message.load)
        endpoints = try Endpoints(message.endpoints)
    }
}

extension P2p_V1_ProcessInfo {
    init(_ process: ProcessReport) {
        self.init()
        name = process.name.description
        pid = UInt32(clamping: process.pid)
        epoch = process.epoch
        state = P2p_V1_ProcessState(process.state)
        restarts = UInt32(clamping: process.restarts)
        cpuSeconds = process.cpuSeconds
        rssBytes = UInt64(clamping: process.residentBytes)
        uptimeSeconds = process.uptimeSeconds
        lastExit = process.lastExit
        load = UInt32(clamping: process.load)
        endpoints = P2p_V1_Endpoints(process.endpoints)
    }
}

extension SuiteReport {
    init(_ message: P2p_V1_StatusReply) throws(BusFault) {
        var queue = HashQueueReport()
        queue.waiting = Int(message.hashQueue.waiting)
        queue.running = Int(message.hashQueue.running)
        queue.bytesHashed = try Field.size(message.hashQueue.bytesHashed, "bytes_hashed")
        queue.requeued = try Field.size(message.hashQueue.requeued, "requeued")
        self.init(
            version: message.version,
            home: [UInt8](message.home),
            launcherPID: try Field.processID(message.launcherPid),
            uptimeSeconds: try Field.amount(message.uptimeSeconds, "uptime_seconds"),
            processes: try message.processes.map(ProcessReport.init),
            hashQueue: queue
        )
    }
}

extension P2p_V1_StatusReply {
    init(_ report: SuiteReport) {
        self.init()
        version = report.version
        home = Data(report.home)
        launcherPid = UInt32(clamping: report.launcherPID)
        uptimeSeconds = report.uptimeSeconds
        processes = report.processes.map(P2p_V1_ProcessInfo.init)
        hashQueue = P2p_V1_HashQueueInfo.with {
            $0.waiting = UInt32(clamping: report.hashQueue.waiting)
            $0.running = UInt32(clamping: report.hashQueue.running)
            $0.bytesHashed = UInt64(clamping: report.hashQueue.bytesHashed)
            $0.requeued = UInt64(clamping: report.hashQueue.requeued)
        }
    }
}
