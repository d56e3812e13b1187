package import BitTorrentTypes
import BusSchema
package import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// Asks one peer-node, or the least loaded one.
package struct TorrentsClient: TorrentsService {
    private let bus: any Bus
    private let destination: Destination
    private let deadline: Duration

    package init(_ bus: any Bus, destination: Destination = .any(.peerNode), deadline: Duration = .seconds(30)) {
        self.bus = bus
        self.destination = destination
        self.deadline = deadline
    }

    package func add(
        _ addition: TorrentAddition
    ) async throws(BusFault) -> (torrent: TorrentSummary, alreadyPresent: Bool) {
        let reply = try P2p_V1_AddTorrentReply(body: await ask(.add, P2p_V1_AddTorrentRequest(addition)))
        return (try TorrentSummary(reply.torrent), reply.alreadyPresent)
    }

    package func list() async throws(BusFault) -> [TorrentSummary] {
        try P2p_V1_ListTorrentsReply(body: await ask(.list, P2p_V1_ListTorrentsRequest()))
            .torrents.map(TorrentSummary.init)
    }

    package func show(_ infoHash: InfoHash) async throws(BusFault) -> TorrentDetail {
        try TorrentDetail(P2p_V1_TorrentDetailReply(body: await ask(.show, infoHash)))
    }

    package func peers(_ infoHash: InfoHash) async throws(BusFault) -> PeerListing {
        try PeerListing(P2p_V1_ListPeersReply(body: await ask(.peers, infoHash)))
    }

    package func pause(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        try await change(.pause, infoHash)
    }

    package func resume(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        try await change(.resume, infoHash)
    }

    package func recheck(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        try await change(.recheck, infoHash)
    }

    package func announce(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        try await change(.announce, infoHash)
    }

    package func move(_ infoHash: InfoHash, to directory: [UInt8]) async throws(BusFault) -> TorrentSummary {
        let request = P2p_V1_MoveTorrentRequest.with {
            $0.infoHash = Data(infoHash.bytes)
            $0.directory = Data(directory)
        }
        return try TorrentSummary(P2p_V1_TorrentReply(body: await ask(.move, request)).torrent)
    }

    package func remove(_ infoHash: InfoHash, deleteData: Bool) async throws(BusFault) {
        let request = P2p_V1_RemoveTorrentRequest.with {
            $0.infoHash = Data(infoHash.bytes)
            $0.deleteData = deleteData
        }
        _ = try P2p_V1_RemoveTorrentReply(body: await ask(.remove, request))
    }

    package func configure(_ infoHash: InfoHash, _ change: TorrentChange) async throws(BusFault) -> TorrentSummary {
        let request = P2p_V1_ConfigureTorrentRequest.with {
            $0.infoHash = Data(infoHash.bytes)
            $0.change = P2p_V1_TorrentChange(change)
        }
        return try TorrentSummary(P2p_V1_TorrentReply(body: await ask(.configure, request)).torrent)
    }

    package func limits(_ change: NodeLimitsChange) async throws(BusFault) -> NodeLimits {
        try NodeLimits(P2p_V1_NodeLimitsReply(body: await ask(.limits, P2p_V1_NodeLimitsRequest(change))))
    }

    private func change(_ method: TorrentsMethod, _ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        try TorrentSummary(P2p_V1_TorrentReply(body: await ask(method, infoHash)).torrent)
    }

    private func ask(_ method: TorrentsMethod, _ infoHash: InfoHash) async throws(BusFault) -> [UInt8] {
        try await ask(method, P2p_V1_TorrentRequest.with { $0.infoHash = Data(infoHash.bytes) })
    }

    private func ask(_ method: TorrentsMethod, _ message: some Message) async throws(BusFault) -> [UInt8] {
        try await bus.request(
            method.rawValue,
            to: destination,
            body: try message.body(),
            deadline: deadline,
            onProgress: nil
        )
    }
}
