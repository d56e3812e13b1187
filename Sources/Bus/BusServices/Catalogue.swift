package import BitTorrentTypes
package import BusTransport

/// A torrent that the tracker now lists.
package struct CatalogueEntry: Hashable, Sendable {
    package let infoHash: InfoHash
    package let announceURL: String
    package let torrentURL: String
    package let alreadyPresent: Bool

    package init(infoHash: InfoHash, announceURL: String, torrentURL: String, alreadyPresent: Bool) {
        self.infoHash = infoHash
        self.announceURL = announceURL
        self.torrentURL = torrentURL
        self.alreadyPresent = alreadyPresent
    }
}

/// The torrents that tracker-api lists and tracks.
package protocol CatalogueService: Sendable {
    /// Lists and tracks the torrent of a whole .torrent file from now on.
    func register(metainfo: [UInt8]) async throws(BusFault) -> CatalogueEntry
    /// The .torrent file of `infoHash`.
    func find(_ infoHash: InfoHash) async throws(BusFault) -> [UInt8]
}
