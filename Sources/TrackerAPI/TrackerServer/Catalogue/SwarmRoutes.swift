import AnnounceDoors
import BitTorrentTypes
import FoundationEssentials
import Hummingbird
import TrackerEngine
import TrackerStore

/// The swarms over HTTP: the peers of one, the numbers of all.
struct SwarmRoutes: Sendable {
    struct Peers: Encodable {
        struct Peer: Encodable {
            let address: String
            let ip: String
            let port: UInt16
            let client: String
            let uploaded: Int
            let downloaded: Int
            let left: Int
            let isSeeder: Bool
            let lastSeen: Date
        }

        let items: [Peer]
        let total: Int
    }

    struct Stats: Encodable {
        let torrents: Int
        let swarms: Int
        let peers: Int
        let seeders: Int
        let leechers: Int
        let completed: Int
        let bytes: Int
        let uploaded: Int
        let downloaded: Int
        let announces: Int
        let scrapes: Int
        let announceRate: Double
        let uptimeS: Int
        let version: String
    }

    let store: TrackerStore
    let swarms: Swarms
    let version: String

    /// `GET /api/tracker/peers/{info_hash}`.
    @Sendable func peers(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let infoHash = try infoHash(context.parameters.get("info_hash") ?? "")
        let peers = swarms.peers(of: infoHash)
        if peers.isEmpty, try await store.torrent(infoHash) == nil { throw Problem.unknownTorrent }
        let items = peers.map { peer in
            Peers.Peer(
                address: peer.address.description,
                ip: peer.address.ip.description,
                port: peer.address.port,
                client: peer.client,
                uploaded: peer.uploaded,
                downloaded: peer.downloaded,
                left: peer.left,
                isSeeder: peer.isSeeder,
                lastSeen: Date(timeIntervalSince1970: peer.lastSeen / .seconds(1))
            )
        }
        return .json(Peers(items: items, total: items.count))
    }

    /// `GET /api/tracker/stats`.
    @Sendable func stats(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let totals = try await store.totals()
        let numbers = swarms.stats()
        return .json(
            Stats(
                torrents: totals.torrents,
                swarms: numbers.torrents,
                peers: numbers.peers,
                seeders: numbers.seeders,
                leechers: numbers.leechers,
                completed: numbers.completed,
                bytes: totals.bytes,
                uploaded: numbers.uploaded,
                downloaded: numbers.downloaded,
                announces: numbers.announces,
                scrapes: numbers.scrapes,
                announceRate: numbers.announceRate,
                uptimeS: Int(swarms.uptime.components.seconds),
                version: version
            )
        )
    }
}
