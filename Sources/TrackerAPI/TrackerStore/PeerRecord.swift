package import BitTorrentTypes

/// One peer of a swarm, as the last snapshot remembers it.
package struct PeerRecord: Hashable, Sendable {
    package var infoHash: InfoHash
    package var address: PeerAddress
    package var peerID: PeerID
    /// Bytes, as the peer says.
    package var uploaded: Int
    package var downloaded: Int
    package var left: Int
    /// Unix seconds.
    package var lastSeen: Int
    /// What proves the peer when it comes from another address.
    package var key: [UInt8]?
    /// Whether its download was counted already.
    package var hasCompleted = false

    package init(
        infoHash: InfoHash,
        address: PeerAddress,
        peerID: PeerID,
        uploaded: Int,
        downloaded: Int,
        left: Int,
        lastSeen: Int
    ) {
        self.infoHash = infoHash
        self.address = address
        self.peerID = peerID
        self.uploaded = uploaded
        self.downloaded = downloaded
        self.left = left
        self.lastSeen = lastSeen
    }
}
