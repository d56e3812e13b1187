package import PeerEngine

/// How many peers the torrents of a node may have, and whom they serve, as configured.
package struct ConnectionPreferences: Hashable, Sendable {
    /// Of each torrent that says nothing else.
    package var perTorrent = 200
    /// Of all torrents together, dials under way included.
    package var perNode = 2_000
    /// Dials under way, of all torrents together.
    package var dials = 100
    package var addressSharing = AddressSharing.onePeer
    /// Of each torrent that says nothing else.
    package var uploadSlots = 8
    package var seedChoking = SeedChoking.fastestUpload

    package init() {}
}
