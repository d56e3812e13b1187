import BusSchema
package import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// What tracker-api answers.
package struct CatalogueRoutes: ServiceRoutes {
    private let service: any CatalogueService

    package init(_ service: any CatalogueService) {
        self.service = service
    }

    package func handle(_ request: IncomingRequest) async throws(BusFault) -> [UInt8]? {
        guard let method = CatalogueMethod(rawValue: request.method) else { return nil }
        switch method {
        case .register:
            let metainfo = try Field.metainfo(P2p_V1_RegisterTorrentRequest(body: request.body).metainfo)
            return try P2p_V1_RegisterTorrentReply(await service.register(metainfo: metainfo)).body()
        case .find:
            let infoHash = try Field.infoHash(P2p_V1_FindTorrentRequest(body: request.body).infoHash)
            let metainfo = try await service.find(infoHash)
            return try P2p_V1_FindTorrentReply.with { $0.metainfo = Data(metainfo) }.body()
        }
    }
}
