import BitTorrentTypes
import BusSchema
import BusTransport
import FoundationEssentials
import SwiftProtobuf

extension TorrentDetail {
    init(_ message: P2p_V1_TorrentDetailReply) throws(BusFault) {
        self.init(
            summary: try TorrentSummary(message.torrent),
            files: try message.files.map(File.init),
            trackers: try message.trackers.map(Tracker.init),
            metainfo: [UInt8](message.metainfo),
            swarm: try SwarmFacts(message.swarm)
        )
    }
}

extension TorrentDetail.File {
    fileprivate init(_ message: P2p_V1_TorrentFile) throws(BusFault) {
        guard !message.hasDeadlineSeconds || message.deadlineSeconds.isFinite else {
            throw BusFault(.invalid, "deadline_seconds is no time: \(message.deadlineSeconds)")
        }
        self.init(
            path: [UInt8](message.path),
            length: try Field.size(message.length, "length"),
            verifiedBytes: try Field.size(message.verifiedBytes, "verified_bytes"),
            priority: try FilePriority(message.priority),
            deadlineSeconds: message.hasDeadlineSeconds ? message.deadlineSeconds : nil
        )
    }
}

extension TorrentDetail.Tracker {
    fileprivate init(_ message: P2p_V1_TrackerState) throws(BusFault) {
        self.init(
            url: message.url,
            tier: Int(message.tier),
            status: message.status,
            seeders: Int(message.seeders),
            leechers: Int(message.leechers),
            nextAnnounceSeconds: try Field.amount(message.nextAnnounceSeconds, "next_announce_seconds"),
            message: message.message,
            isWorking: message.working
        )
        failures = Int(message.failures)
        downloaded = message.hasDownloaded ? Int(message.downloaded) : nil
        externalIP = message.externalIp.isEmpty ? nil : IPAddress(message.externalIp)
    }
}

extension P2p_V1_TorrentDetailReply {
    init(_ detail: TorrentDetail) {
        self.init()
        torrent = P2p_V1_TorrentSummary(detail.summary)
        files = detail.files.map { file in
            P2p_V1_TorrentFile.with {
                $0.path = Data(file.path)
                $0.length = UInt64(clamping: file.length)
                $0.verifiedBytes = UInt64(clamping: file.verifiedBytes)
                $0.priority = P2p_V1_FilePriority(file.priority)
                if let seconds = file.deadlineSeconds { $0.deadlineSeconds = seconds }
            }
        }
        trackers = detail.trackers.map { tracker in
            P2p_V1_TrackerState.with {
                $0.url = tracker.url
                $0.tier = UInt32(clamping: tracker.tier)
                $0.status = tracker.status
                $0.seeders = UInt32(clamping: tracker.seeders)
                $0.leechers = UInt32(clamping: tracker.leechers)
                $0.nextAnnounceSeconds = max(0, tracker.nextAnnounceSeconds)
                $0.message = tracker.message
                $0.working = tracker.isWorking
                $0.failures = UInt32(clamping: tracker.failures)
                if let downloaded = tracker.downloaded { $0.downloaded = UInt32(clamping: downloaded) }
                $0.externalIp = tracker.externalIP?.description ?? ""
            }
        }
        metainfo = Data(detail.metainfo)
        swarm = P2p_V1_SwarmFacts(detail.swarm)
    }
}

extension TorrentAddition {
    init(_ message: P2p_V1_AddTorrentRequest) throws(BusFault) {
        self.init(
            metainfo: try Field.metainfo(message.metainfo),
            directory: try Field.absolutePath(message.directory)
        )
        isPaused = message.paused
        switch message.existingData {
        case .check: existingData = .check
        case .verified: existingData = .verified
        case .unspecified, .UNRECOGNIZED:
            throw BusFault(.invalid, "unknown treatment of existing data \(message.existingData.rawValue)")
        }
        peers = try message.peers.map(Field.peer)
        change = try TorrentChange(message.change)
    }
}

extension P2p_V1_AddTorrentRequest {
    init(_ addition: TorrentAddition) {
        self.init()
        metainfo = Data(addition.metainfo)
        directory = Data(addition.directory)
        paused = addition.isPaused
        existingData = addition.existingData == .verified ? .verified : .check
        peers = addition.peers.map(\.description)
        change = P2p_V1_TorrentChange(addition.change)
    }
}
