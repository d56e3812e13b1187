package import BitTorrentTypes

/// What an announce says, whatever it was read from: a query, a datagram, JSON.
///
/// - Units: `uploaded`, `downloaded` and `left` in bytes.
package protocol AnnounceContent {
    var infoHash: InfoHash { get }
    var peerID: PeerID { get }
    var port: UInt16 { get }
    var uploaded: Int { get }
    var downloaded: Int { get }
    var left: Int { get }
    var event: AnnounceEvent { get }
    /// How many peers the answer may have.
    var peersWanted: Int { get }
}

extension AnnounceFields: AnnounceContent {}
extension UDPAnnounceFields: AnnounceContent {}
extension AnnounceRequest: AnnounceContent {}
