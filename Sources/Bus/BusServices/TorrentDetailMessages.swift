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
            metainfo: [UInt8](message.metainfo)
        )
    }
}

extension TorrentDetail.File {
    fileprivate init(_ message: P2p_V1_TorrentFile) throws(BusFault) {
        self.init(
            path: [UInt8](message.path),
            length: try Field.size(message.length, "length"),
            verifiedBytes: try Field.size(message.verifiedBytes, "verified_bytes")
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
            nextAnnounceSeconds: try Field.amount(message.nextAnnounceSeconds, "next_announce_seconds")
        )
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
            }
        }
        metainfo = Data(detail.metainfo)
    }
}

extension PeerSummary {
    init(_ message: P2p_V1_PeerInfo) throws(BusFault) {
        self.init(
            address: try Field.peer(message.address),
            client: [UInt8](message.client),
            isIncoming: message.incoming
        )
        amChoking = message.amChoking
        amInterested = message.amInterested
        peerChoking = message.peerChoking
        peerInterested = message.peerInterested
        downRate = try Field.amount(message.downRate, "down_rate")
        upRate = try Field.amount(message.upRate, "up_rate")
        downloaded = try Field.size(message.downloaded, "downloaded")
        uploaded = try Field.size(message.uploaded, "uploaded")
        progress = try Field.fraction(message.progress, "progress")
    }
}

extension P2p_V1_PeerInfo {
    init(_ peer: PeerSummary) {
        self.init()
        address = peer.address.description
        client = Data(peer.client)
        incoming = peer.isIncoming
        amChoking = peer.amChoking
        amInterested = peer.amInterested
        peerChoking = peer.peerChoking
        peerInterested = peer.peerInterested
        downRate = peer.downRate
        upRate = peer.upRate
        downloaded = UInt64(clamping: peer.downloaded)
        uploaded = UInt64(clamping: peer.uploaded)
        progress = peer.progress
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
    }
}
