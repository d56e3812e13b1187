import BitTorrentTypes
import BusSchema
import BusTransport
import FoundationEssentials
import SwiftProtobuf

extension PeerListing {
    init(_ message: P2p_V1_ListPeersReply) throws(BusFault) {
        self.init(
            peers: try message.peers.map(PeerSummary.init),
            departures: try message.departures.map(PeerDeparture.init)
        )
    }
}

extension P2p_V1_ListPeersReply {
    init(_ listing: PeerListing) {
        self.init()
        peers = listing.peers.map(P2p_V1_PeerInfo.init)
        departures = listing.departures.map(P2p_V1_PeerDeparture.init)
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
        wasted = try Field.size(message.wasted, "wasted")
        hashFailed = try Field.size(message.hashFailed, "hash_failed")
        isSnubbed = message.snubbed
        isUploadOnly = message.uploadOnly
        isOptimistic = message.optimistic
        source = Source(message.source)
        connectedSeconds = try Field.amount(message.connectedSeconds, "connected_seconds")
        requests = Int(message.requests)
        queuedRequests = Int(message.queuedRequests)
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
        wasted = UInt64(clamping: peer.wasted)
        hashFailed = UInt64(clamping: peer.hashFailed)
        snubbed = peer.isSnubbed
        uploadOnly = peer.isUploadOnly
        optimistic = peer.isOptimistic
        source = P2p_V1_PeerSource(peer.source)
        connectedSeconds = max(0, peer.connectedSeconds)
        requests = UInt32(clamping: peer.requests)
        queuedRequests = UInt32(clamping: peer.queuedRequests)
    }
}

extension PeerSummary.Source {
    /// `nil` for what is not said, or not known here.
    fileprivate init?(_ message: P2p_V1_PeerSource) {
        switch message {
        case .incoming: self = .incoming
        case .tracker: self = .tracker
        case .user: self = .user
        case .pex: self = .pex
        case .dht: self = .dht
        case .lsd: self = .lsd
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }
}

extension P2p_V1_PeerSource {
    fileprivate init(_ source: PeerSummary.Source?) {
        switch source {
        case .incoming?: self = .incoming
        case .tracker?: self = .tracker
        case .user?: self = .user
        case .pex?: self = .pex
        case .dht?: self = .dht
        case .lsd?: self = .lsd
        case nil: self = .unspecified
        }
    }
}

extension PeerDeparture {
    fileprivate init(_ message: P2p_V1_PeerDeparture) throws(BusFault) {
        self.init(
            address: try Field.peer(message.address),
            client: [UInt8](message.client),
            isDial: message.dial,
            reason: message.reason,
            secondsAgo: try Field.amount(message.secondsAgo, "seconds_ago")
        )
    }
}

extension P2p_V1_PeerDeparture {
    fileprivate init(_ departure: PeerDeparture) {
        self.init()
        address = departure.address.description
        client = Data(departure.client)
        dial = departure.isDial
        reason = departure.reason
        secondsAgo = max(0, departure.secondsAgo)
    }
}

extension SwarmFacts {
    init(_ message: P2p_V1_SwarmFacts) throws(BusFault) {
        self.init()
        knownAddresses = Int(message.knownAddresses)
        dials = Int(message.dials)
        interestingPeers = Int(message.interestingPeers)
        chokingPeers = Int(message.chokingPeers)
        unavailablePieces = Int(message.unavailablePieces)
        unavailable = try message.unavailable.map { run throws(BusFault) in
            guard run.first <= run.last else { throw BusFault(.invalid, "a run of pieces ends before it begins") }
            return Int(run.first)...Int(run.last)
        }
        piecesAtHashers = Int(message.piecesAtHashers)
        idleSeconds = try Field.amount(message.idleSeconds, "idle_seconds")
        freeBytes = message.hasFreeBytes ? try Field.size(message.freeBytes, "free_bytes") : nil
        neededBytes = try Field.size(message.neededBytes, "needed_bytes")
        isPrivate = message.private
        nodeConnections = Int(message.nodeConnections)
        nodeConnectionLimit = Int(message.nodeConnectionLimit)
        connectionLimit = Int(message.connectionLimit)
        departures = try message.departures.map(PeerDeparture.init)
    }
}

extension P2p_V1_SwarmFacts {
    init(_ facts: SwarmFacts) {
        self.init()
        knownAddresses = UInt32(clamping: facts.knownAddresses)
        dials = UInt32(clamping: facts.dials)
        interestingPeers = UInt32(clamping: facts.interestingPeers)
        chokingPeers = UInt32(clamping: facts.chokingPeers)
        unavailablePieces = UInt32(clamping: facts.unavailablePieces)
        unavailable = facts.unavailable.map { run in
            P2p_V1_PieceRange.with {
                $0.first = UInt32(clamping: run.lowerBound)
                $0.last = UInt32(clamping: run.upperBound)
            }
        }
        piecesAtHashers = UInt32(clamping: facts.piecesAtHashers)
        idleSeconds = max(0, facts.idleSeconds)
        if let bytes = facts.freeBytes { freeBytes = UInt64(clamping: bytes) }
        neededBytes = UInt64(clamping: facts.neededBytes)
        `private` = facts.isPrivate
        nodeConnections = UInt32(clamping: facts.nodeConnections)
        nodeConnectionLimit = UInt32(clamping: facts.nodeConnectionLimit)
        connectionLimit = UInt32(clamping: facts.connectionLimit)
        departures = facts.departures.map(P2p_V1_PeerDeparture.init)
    }
}
