import BitTorrentTypes
import BusSchema
import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// The calls of ``TorrentsService``, as the envelope names them.
package enum TorrentsMethod: String, CaseIterable, Sendable {
    case add = "torrents.add"
    case list = "torrents.list"
    case show = "torrents.show"
    case peers = "torrents.peers"
    case pause = "torrents.pause"
    case resume = "torrents.resume"
    case recheck = "torrents.recheck"
    case announce = "torrents.announce"
    case move = "torrents.move"
    case remove = "torrents.remove"
    case configure = "torrents.configure"
    case limits = "torrents.limits"
}

extension TorrentState {
    init(_ message: P2p_V1_TorrentState) throws(BusFault) {
        switch message {
        case .queued: self = .queued
        case .checking: self = .checking
        case .downloading: self = .downloading
        case .seeding: self = .seeding
        case .paused: self = .paused
        case .finished: self = .finished
        case .error: self = .error
        case .missing: self = .missing
        case .unspecified, .UNRECOGNIZED:
            throw BusFault(.invalid, "unknown torrent state \(message.rawValue)")
        }
    }
}

extension P2p_V1_TorrentState {
    init(_ state: TorrentState) {
        switch state {
        case .queued: self = .queued
        case .checking: self = .checking
        case .downloading: self = .downloading
        case .seeding: self = .seeding
        case .paused: self = .paused
        case .finished: self = .finished
        case .error: self = .error
        case .missing: self = .missing
        }
    }
}

extension TorrentSummary {
    init(_ message: P2p_V1_TorrentSummary) throws(BusFault) {
        self.init(
            infoHash: try Field.infoHash(message.infoHash),
            name: [UInt8](message.name),
            state: try TorrentState(message.state),
            size: try Field.size(message.size, "size"),
            pieceLength: Int(message.pieceLength),
            pieces: Int(message.pieces),
            node: message.node,
            path: [UInt8](message.path),
            addedAt: Int(message.addedAt)
        )
        verifiedPieces = Int(message.verifiedPieces)
        verifiedBytes = try Field.size(message.verifiedBytes, "verified_bytes")
        downloaded = try Field.size(message.downloaded, "downloaded")
        uploaded = try Field.size(message.uploaded, "uploaded")
        downRate = try Field.amount(message.downRate, "down_rate")
        upRate = try Field.amount(message.upRate, "up_rate")
        peers = Int(message.peers)
        seeds = Int(message.seeds)
        error = message.error.isEmpty ? nil : message.error
        wasted = try Field.size(message.wasted, "wasted")
        hashFailed = try Field.size(message.hashFailed, "hash_failed")
        badPieces = Int(message.badPieces)
        isPrivate = message.`private`
        trackerStatus = message.trackerStatus
        checkingProgress = try Field.fraction(message.checkingProgress, "checking_progress")
        etaSeconds = message.hasEtaSeconds ? try Field.size(message.etaSeconds, "eta_seconds") : nil
        availability = message.hasAvailability ? try Field.amount(message.availability, "availability") : nil
        wantedBytes = try Field.size(message.wantedBytes, "wanted_bytes")
        wantedVerifiedBytes = try Field.size(message.wantedVerifiedBytes, "wanted_verified_bytes")
        options.isSequential = message.sequential
        options.downLimit = try Field.limit(message.downLimit, "down_limit")
        options.upLimit = try Field.limit(message.upLimit, "up_limit")
        options.seedRatio = message.hasSeedRatio ? try SeedLimit(message.seedRatio) : .node
        options.seedTime = message.hasSeedSeconds ? try SeedLimit(message.seedSeconds) : .node
        options.connections = CountLimit(message.connections)
        options.uploadSlots = CountLimit(message.uploadSlots)
        options.isSuperSeeding = message.superSeeding
        seedingSeconds = try Field.size(message.seedingSeconds, "seeding_seconds")
        queuePosition = Int(message.queuePosition)
        isStalled = message.stalled
        movingTo = message.movingTo.isEmpty ? nil : [UInt8](message.movingTo)
        moveProgress = try Field.fraction(message.moveProgress, "move_progress")
        moveError = message.moveError.isEmpty ? nil : message.moveError
    }
}

extension P2p_V1_TorrentSummary {
    init(_ torrent: TorrentSummary) {
        self.init()
        infoHash = Data(torrent.infoHash.bytes)
        name = Data(torrent.name)
        state = P2p_V1_TorrentState(torrent.state)
        size = UInt64(clamping: torrent.size)
        verifiedBytes = UInt64(clamping: torrent.verifiedBytes)
        downloaded = UInt64(clamping: torrent.downloaded)
        uploaded = UInt64(clamping: torrent.uploaded)
        downRate = torrent.downRate
        upRate = torrent.upRate
        peers = UInt32(clamping: torrent.peers)
        seeds = UInt32(clamping: torrent.seeds)
        node = torrent.node
        path = Data(torrent.path)
        error = torrent.error ?? ""
        wasted = UInt64(clamping: torrent.wasted)
        hashFailed = UInt64(clamping: torrent.hashFailed)
        pieceLength = UInt32(clamping: torrent.pieceLength)
        pieces = UInt32(clamping: torrent.pieces)
        verifiedPieces = UInt32(clamping: torrent.verifiedPieces)
        badPieces = UInt32(clamping: torrent.badPieces)
        `private` = torrent.isPrivate
        trackerStatus = torrent.trackerStatus
        checkingProgress = torrent.checkingProgress
        if let seconds = torrent.etaSeconds { etaSeconds = UInt64(clamping: seconds) }
        if let copies = torrent.availability { availability = copies }
        wantedBytes = UInt64(clamping: torrent.wantedBytes)
        wantedVerifiedBytes = UInt64(clamping: torrent.wantedVerifiedBytes)
        sequential = torrent.options.isSequential
        downLimit = UInt64(clamping: torrent.options.downLimit.bytesPerSecond)
        upLimit = UInt64(clamping: torrent.options.upLimit.bytesPerSecond)
        seedRatio = P2p_V1_SeedLimit(torrent.options.seedRatio)
        seedSeconds = P2p_V1_SeedLimit(torrent.options.seedTime)
        connections = torrent.options.connections.number
        uploadSlots = torrent.options.uploadSlots.number
        superSeeding = torrent.options.isSuperSeeding
        seedingSeconds = UInt64(clamping: torrent.seedingSeconds)
        queuePosition = UInt32(clamping: torrent.queuePosition)
        stalled = torrent.isStalled
        movingTo = Data(torrent.movingTo ?? [])
        moveProgress = torrent.moveProgress
        moveError = torrent.moveError ?? ""
        addedAt = Int64(torrent.addedAt)
    }
}
