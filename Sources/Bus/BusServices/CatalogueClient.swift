package import BitTorrentTypes
import BusSchema
package import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// Asks tracker-api.
package struct CatalogueClient: CatalogueService {
    private let bus: any Bus
    private let deadline: Duration

    package init(_ bus: any Bus, deadline: Duration = .seconds(30)) {
        self.bus = bus
        self.deadline = deadline
    }

    package func register(metainfo: [UInt8]) async throws(BusFault) -> CatalogueEntry {
        let request = P2p_V1_RegisterTorrentRequest.with { $0.metainfo = Data(metainfo) }
        return try CatalogueEntry(P2p_V1_RegisterTorrentReply(body: await ask(.register, request)))
    }

    package func find(_ infoHash: InfoHash) async throws(BusFault) -> [UInt8] {
        let request = P2p_V1_FindTorrentRequest.with { $0.infoHash = Data(infoHash.bytes) }
        return try Field.metainfo(P2p_V1_FindTorrentReply(body: await ask(.find, request)).metainfo)
    }

    private func ask(_ method: CatalogueMethod, _ message: some Message) async throws(BusFault) -> [UInt8] {
        try await bus.request(
            method.rawValue,
            to: .any(.trackerAPI),
            body: try message.body(),
            deadline: deadline,
            onProgress: nil
        )
    }
}
