package import BitTorrentTypes

/// One connection of a torrent, as `peers` shows it.
package struct PeerSummary: Hashable, Sendable {
    package var address: PeerAddress
    /// From the extension handshake, else from the peer id; bytes that need not be UTF-8.
    package var client: [UInt8]
    package var isIncoming: Bool
    package var amChoking = true
    package var amInterested = false
    package var peerChoking = true
    package var peerInterested = false
    package var downRate = 0.0
    package var upRate = 0.0
    package var downloaded = 0
    package var uploaded = 0
    /// 0…1: how much of the torrent the peer has.
    package var progress = 0.0
    /// Payload from it that was thrown away.
    package var wasted = 0
    /// Payload from it in pieces that were bad.
    package var hashFailed = 0
    /// It owes us blocks and delivers none.
    package var isSnubbed = false
    /// It wants nothing.
    package var isUploadOnly = false
    /// Unchoked by lot.
    package var isOptimistic = false
    /// `nil` when nobody knows.
    package var source: Source?
    package var connectedSeconds = 0.0
    /// Blocks that it owes us.
    package var requests = 0
    /// Blocks that we owe it.
    package var queuedRequests = 0

    /// How we came to know of a peer.
    package enum Source: String, CaseIterable, Hashable, Sendable {
        case incoming, tracker, user, pex, dht, lsd
    }

    package init(address: PeerAddress, client: [UInt8], isIncoming: Bool) {
        self.address = address
        self.client = client
        self.isIncoming = isIncoming
    }
}

/// A connection that is over, or a dial that came to nothing.
package struct PeerDeparture: Hashable, Sendable {
    package let address: PeerAddress
    /// Empty when it did not say.
    package let client: [UInt8]
    /// No connection came about.
    package let isDial: Bool
    package let reason: String
    package let secondsAgo: Double

    package init(address: PeerAddress, client: [UInt8], isDial: Bool, reason: String, secondsAgo: Double) {
        self.address = address
        self.client = client
        self.isDial = isDial
        self.reason = reason
        self.secondsAgo = secondsAgo
    }
}

/// The connections of a torrent, and the last ones that are over, the newest first.
package struct PeerListing: Hashable, Sendable {
    package let peers: [PeerSummary]
    package let departures: [PeerDeparture]

    package init(peers: [PeerSummary], departures: [PeerDeparture]) {
        self.peers = peers
        self.departures = departures
    }
}

/// What keeps a torrent from going on, or does not; all zero when it does not run.
///
/// - Units: bytes, seconds.
package struct SwarmFacts: Hashable, Sendable {
    package var knownAddresses = 0
    /// Under way.
    package var dials = 0
    /// Connected, and they have what we want.
    package var interestingPeers = 0
    /// Of those, how many choke us.
    package var chokingPeers = 0
    /// Wanted, not here, and with no connected peer.
    package var unavailablePieces = 0
    /// The first of them, as runs.
    package var unavailable: [ClosedRange<Int>] = []
    /// Complete, their hash not yet known.
    package var piecesAtHashers = 0
    /// Since the last payload came in or went out, or the torrent started.
    package var idleSeconds = 0.0
    /// Where the files lie; `nil` when nobody can tell.
    package var freeBytes: Int?
    /// That the files still lack on the disk.
    package var neededBytes = 0
    package var isPrivate = false
    /// The last ones, the newest first.
    package var departures: [PeerDeparture] = []
    /// Of all torrents of the node, dials under way included, and how many there may be; 0 when nobody says.
    package var nodeConnections = 0
    package var nodeConnectionLimit = 0
    /// How many this torrent may have; 0 when nobody says.
    package var connectionLimit = 0

    package init() {}
}
