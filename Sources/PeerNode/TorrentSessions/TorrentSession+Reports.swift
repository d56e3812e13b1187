import BitTorrentTypes
import Logging
import BusServices
import Metainfo
import PeerEngine
import PeerNetworking
import PieceStore

/// What the others see of a torrent.
extension TorrentSession {
    var state: TorrentState {
        switch activity {
        case .paused, .closed: isPaused ? .paused : queueHold.map { $0 == .queued ? .queued : .finished } ?? .paused
        case .checking: .checking
        case .running: hasAllWanted ? .seeding : .downloading
        case .failed(_, let isMissing): isMissing ? .missing : .error
        }
    }

    /// Payload: padding does not count.
    var verifiedBytes: Int {
        guard !verified.isComplete else { return metainfo.payloadLength }
        let layout = metainfo.layout
        let hasLast = layout.piece(layout.pieceCount - 1).map(verified.contains) == true
        let missingFromLast = layout.pieceCount * layout.pieceLength - layout.totalLength
        let padding = metainfo.files.reduce(0) { sum, file in
            file.isPadding ? sum + verifiedBytes(of: file.offset..<file.offset + file.length) : sum
        }
        return verified.count * layout.pieceLength - (hasLast ? missingFromLast : 0) - padding
    }

    func summary() -> TorrentSummary {
        var summary = TorrentSummary(
            infoHash: infoHash,
            name: metainfo.name,
            state: state,
            size: metainfo.payloadLength,
            pieceLength: metainfo.layout.pieceLength,
            pieces: metainfo.layout.pieceCount,
            node: "\(environment.name)",
            path: files.path,
            addedAt: addedAt
        )
        let counters = counters
        (summary.wantedBytes, summary.wantedVerifiedBytes) = wantedBytes
        summary.options = options
        summary.options.priorities = []
        summary.options.deadlines = [:]
        summary.queuePosition = queuePosition
        summary.verifiedPieces = verified.count
        summary.verifiedBytes = verifiedBytes
        summary.downloaded = counters.downloaded
        summary.uploaded = counters.uploaded
        summary.wasted = counters.wasted
        summary.hashFailed = counters.hashFailed
        summary.badPieces = counters.badPieces
        summary.isPrivate = metainfo.isPrivate
        if let engine {
            summary.downRate = engine.downRate(at: now)
            summary.upRate = engine.upRate(at: now)
            summary.peers = engine.connectionCount
            summary.seeds = engine.seedCount
            summary.isStalled = isStalled
        }
        if summary.state == .downloading, summary.downRate >= 1 {
            let left = Double(summary.wantedBytes - summary.wantedVerifiedBytes)
            // A hundred days are as good as never.
            let seconds = (left / summary.downRate).rounded(.up)
            if seconds < 8_640_000 { summary.etaSeconds = Int(seconds) }
        }
        summary.trackerStatus = trackerStatuses.first { $0.isWorking }?.text ?? trackerStatuses.first?.text ?? ""
        summary.movingTo = relocating?.directory
        summary.moveProgress = relocating?.progress ?? 0
        summary.moveError = moveError
        switch activity {
        case .checking(let check?): summary.checkingProgress = Double(check.bytesDone) / Double(check.bytesTotal)
        case .failed(let reason, _): summary.error = reason
        case .checking(nil), .paused, .running, .closed: break
        }
        return summary
    }

    /// The summary with what is too dear to be found at each change.
    func fullSummary() -> TorrentSummary {
        var summary = summary()
        summary.availability = engine?.distributedCopies
        summary.seedingSeconds = counters.seedingSeconds
        return summary
    }

    func detail() async -> TorrentDetail {
        let swarm = await swarmFacts()
        return TorrentDetail(
            summary: fullSummary(),
            files: listedFiles.enumerated().map { number, index in
                let file = metainfo.files[index]
                let verifiedBytes = verifiedBytes(of: file.offset..<file.offset + file.length)
                return TorrentDetail.File(
                    path: Array(file.path.joined(separator: [UInt8(ascii: "/")])),
                    length: file.length,
                    verifiedBytes: verifiedBytes,
                    priority: options.priority(ofFile: number),
                    deadlineSeconds: deadlineSeconds(ofFile: number, isThere: verifiedBytes == file.length)
                )
            },
            trackers: trackerStatuses.map(TorrentDetail.Tracker.init),
            metainfo: metainfo.bytes,
            swarm: swarm
        )
    }

    func verifiedBytes(of range: Range<Int>) -> Int {
        let layout = metainfo.layout
        guard !range.isEmpty else { return 0 }
        if verified.isComplete { return range.count }
        return (range.lowerBound / layout.pieceLength...(range.upperBound - 1) / layout.pieceLength).reduce(0) {
            sum,
            number in
            guard let piece = layout.piece(number), verified.contains(piece) else { return sum }
            let start = layout.start(of: piece)
            return sum + range.clamped(to: start..<start + layout.length(of: piece)).count
        }
    }

    func peerSummaries() -> [PeerSummary] {
        guard let engine else { return [] }
        return engine.peers(at: now).map { peer in
            var summary = PeerSummary(
                address: peer.address,
                client: Self.client(peer.client, peer.peerID),
                isIncoming: peer.isIncoming
            )
            summary.amChoking = peer.amChoking
            summary.amInterested = peer.amInterested
            summary.peerChoking = peer.peerChoking
            summary.peerInterested = peer.peerInterested
            summary.downRate = peer.downRate
            summary.upRate = peer.upRate
            summary.downloaded = peer.downloaded
            summary.uploaded = peer.uploaded
            summary.progress = peer.progress
            summary.wasted = peer.wasted
            summary.hashFailed = peer.hashFailed
            summary.isSnubbed = peer.isSnubbed
            summary.isUploadOnly = peer.isUploadOnly
            summary.isOptimistic = peer.isOptimistic
            summary.source = PeerSummary.Source(peer.source)
            summary.connectedSeconds = max(0, (now - peer.connectedAt) / .seconds(1))
            summary.requests = peer.requests
            summary.queuedRequests = peer.queuedRequests
            return summary
        }
    }

    /// Tells the suite of a change of state, at once.
    func publish() {
        let summary = summary()
        lastPublished = summary
        environment.publish(.torrentChanged(summary))
    }

    /// Tells the suite when something is different; called with each tick.
    func publishIfChanged() {
        let summary = summary()
        guard summary != lastPublished else { return }
        lastPublished = summary
        environment.publish(.torrentChanged(summary))
    }
}

extension TorrentDetail.Tracker {
    fileprivate init(_ status: TrackerStatus) {
        self.init(
            url: status.url,
            tier: status.tier,
            status: status.text,
            seeders: status.seeders,
            leechers: status.leechers,
            nextAnnounceSeconds: status.secondsToNext,
            message: status.message,
            isWorking: status.isWorking
        )
        failures = status.failures
        downloaded = status.downloaded
        externalIP = status.externalIP
    }
}
