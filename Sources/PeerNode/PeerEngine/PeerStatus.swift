package import BitTorrentTypes

/// One connection as a list of peers shows it.
package struct PeerStatus: Hashable, Sendable {
    package let key: PeerKey
    package let address: PeerAddress
    package let peerID: PeerID
    /// From the extension handshake; bytes that need not be UTF-8.
    package let client: [UInt8]?
    package let isIncoming: Bool
    package let amChoking: Bool
    package let amInterested: Bool
    package let peerChoking: Bool
    package let peerInterested: Bool
    package let isSnubbed: Bool
    /// Bytes a second.
    package let downRate: Double
    package let upRate: Double
    /// Bytes.
    package let downloaded: Int
    package let uploaded: Int
    /// 0…1: how much of the torrent the peer has.
    package let progress: Double

    /// Payload from it that was thrown away.
    package let wasted: Int
    /// Bytes of the bad pieces that it had a part in.
    package let hashFailed: Int
    /// It wants nothing.
    package let isUploadOnly: Bool
    package let connectedAt: EngineTime
    /// Blocks that it owes us.
    package let requests: Int
    /// Blocks that we owe it.
    package let queuedRequests: Int
    /// Unchoked by lot.
    package internal(set) var isOptimistic = false
    /// Who told us its address; `nil` when it called us.
    package internal(set) var source: AddressSource?

    /// Whether the peer has every piece.
    package var isSeed: Bool { progress == 1 }
}
