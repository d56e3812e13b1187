package import BitTorrentTypes

/// What a tracker knows of one peer.
///
/// - Units: `uploaded`, `downloaded` and `left` in bytes, as the peer says, at most 256 TiB; `lastSeen` in whole seconds
///   since the origin of `now`.
package struct SwarmPeer: Hashable, Sendable {
    package var address: PeerAddress
    package var peerID: PeerID
    /// What proves the client when it comes from another address; 0 when it gave none.
    ///
    /// See ``PeerAnnounce/key(of:)``.
    package var key: UInt32
    package var uploaded: Int
    package var downloaded: Int
    package var left: Int
    /// Whether its download was counted already.
    package var hasCompleted: Bool
    package var lastSeen: Duration

    package init(
        address: PeerAddress,
        peerID: PeerID,
        key: UInt32 = 0,
        uploaded: Int = 0,
        downloaded: Int = 0,
        left: Int,
        hasCompleted: Bool = false,
        lastSeen: Duration
    ) {
        self.address = address
        self.peerID = peerID
        self.key = key
        self.uploaded = uploaded
        self.downloaded = downloaded
        self.left = left
        self.hasCompleted = hasCompleted
        self.lastSeen = lastSeen
    }

    package var isSeeder: Bool { left == 0 }

    /// The program, as its peer id tells.
    package var client: String { ClientName.of(peerID) }
}

extension SwarmPeer {
    init(_ address: PeerAddress, _ details: PeerDetails) {
        self.init(
            address: address,
            peerID: details.id,
            key: details.key,
            uploaded: details.uploaded,
            downloaded: details.downloaded,
            left: details.left,
            hasCompleted: details.hasCompleted,
            lastSeen: .seconds(Int64(details.lastSeen))
        )
    }

    var details: PeerDetails {
        PeerDetails(
            id: peerID,
            key: key,
            lastSeen: TrackerEngine.second(of: lastSeen),
            uploaded: uploaded,
            downloaded: downloaded,
            left: left,
            hasCompleted: hasCompleted
        )
    }
}
