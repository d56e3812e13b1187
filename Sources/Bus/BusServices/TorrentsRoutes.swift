import BitTorrentTypes
import BusSchema
package import BusTransport
import SwiftProtobuf

/// What a peer-node answers.
package struct TorrentsRoutes: ServiceRoutes {
    private let service: any TorrentsService

    package init(_ service: any TorrentsService) {
        self.service = service
    }

    package func handle(_ request: IncomingRequest) async throws(BusFault) -> [UInt8]? {
        guard let method = TorrentsMethod(rawValue: request.method) else { return nil }
        switch method {
        case .add:
            let addition = try TorrentAddition(P2p_V1_AddTorrentRequest(body: request.body))
            let (torrent, alreadyPresent) = try await service.add(addition)
            return try P2p_V1_AddTorrentReply.with {
                $0.torrent = P2p_V1_TorrentSummary(torrent)
                $0.alreadyPresent = alreadyPresent
            }.body()
        case .list:
            _ = try P2p_V1_ListTorrentsRequest(body: request.body)
            let torrents = try await service.list()
            return try P2p_V1_ListTorrentsReply.with { $0.torrents = torrents.map(P2p_V1_TorrentSummary.init) }.body()
        case .show:
            return try P2p_V1_TorrentDetailReply(await service.show(infoHash(request))).body()
        case .peers:
            return try P2p_V1_ListPeersReply(await service.peers(infoHash(request))).body()
        case .pause:
            return try reply(await service.pause(infoHash(request)))
        case .resume:
            return try reply(await service.resume(infoHash(request)))
        case .recheck:
            return try reply(await service.recheck(infoHash(request)))
        case .announce:
            return try reply(await service.announce(infoHash(request)))
        case .move:
            let message = try P2p_V1_MoveTorrentRequest(body: request.body)
            return try reply(await service.move(Field.infoHash(message.infoHash), to: Array(message.directory)))
        case .remove:
            let message = try P2p_V1_RemoveTorrentRequest(body: request.body)
            try await service.remove(Field.infoHash(message.infoHash), deleteData: message.deleteData)
            return try P2p_V1_RemoveTorrentReply().body()
        case .configure:
            let message = try P2p_V1_ConfigureTorrentRequest(body: request.body)
            return try reply(
                await service.configure(Field.infoHash(message.infoHash), TorrentChange(message.change))
            )
        case .limits:
            let change = try NodeLimitsChange(P2p_V1_NodeLimitsRequest(body: request.body))
            return try P2p_V1_NodeLimitsReply(await service.limits(change)).body()
        }
    }

    private func infoHash(_ request: IncomingRequest) throws(BusFault) -> InfoHash {
        try Field.infoHash(P2p_V1_TorrentRequest(body: request.body).infoHash)
    }

    private func reply(_ torrent: TorrentSummary) throws(BusFault) -> [UInt8] {
        try P2p_V1_TorrentReply.with { $0.torrent = P2p_V1_TorrentSummary(torrent) }.body()
    }
}
