import BitTorrentTypes
import BusSchema
import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// The calls of ``CatalogueService``, as the envelope names them.
package enum CatalogueMethod: String, CaseIterable, Sendable {
    case register = "catalogue.register"
    case find = "catalogue.find"
}

extension CatalogueEntry {
    init(_ message: P2p_V1_RegisterTorrentReply) throws(BusFault) {
        self.init(
            infoHash: try Field.infoHash(message.infoHash),
            announceURL: message.announceURL,
            torrentURL: message.torrentURL,
            alreadyPresent: message.alreadyPresent
        )
    }
}

extension P2p_V1_RegisterTorrentReply {
    init(_ entry: CatalogueEntry) {
        self.init()
        infoHash = Data(entry.infoHash.bytes)
        announceURL = entry.announceURL
        torrentURL = entry.torrentURL
        alreadyPresent = entry.alreadyPresent
    }
}
