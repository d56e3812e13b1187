package import BitTorrentTypes

/// What a tracker knows of one peer.
///
/// - Units: `uploaded`, `downloaded` and `left` in bytes, as the peer says; moments since the origin of `now`.
package struct SwarmPeer: Hashable, Sendable {
    package var address: PeerAddress
    package var peerID: PeerID
    package var key: [UInt8]?
    package var uploaded: Int
    package var downloaded: Int
    package var left: Int
    /// Whether its download was counted already.
    package var hasCompleted: Bool
    package var firstSeen: Duration
    package var lastSeen: Duration

    package init(
        address: PeerAddress,
        peerID: PeerID,
        key: [UInt8]? = nil,
        uploaded: Int = 0,
        downloaded: Int = 0,
        left: Int,
        hasCompleted: Bool = false,
        firstSeen: Duration,
        lastSeen: Duration
    ) {
        self.address = address
        self.peerID = peerID
        self.key = key
        self.uploaded = uploaded
        self.downloaded = downloaded
        self.left = left
        self.hasCompleted = hasCompleted
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }

    package var isSeeder: Bool { left == 0 }

    /// The program, as its peer id tells.
    package var client: String { ClientName.of(peerID) }
}
