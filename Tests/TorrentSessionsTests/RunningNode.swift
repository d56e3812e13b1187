import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Logging
import Metainfo
import PeerEngine
import Testing
import TorrentSessions

/// A node on a loopback port, with what it publishes.
final class RunningNode: Sendable {
    let service: NodeService
    let address: PeerAddress
    private let events: AsyncStream<SuiteEvent>

    @discardableResult
    static func with<Value: Sendable>(
        _ number: Int,
        in folder: TemporaryFolder,
        hashing: any HashingService = DirectHashing(),
        preferences: NodePreferences = NodePreferences(),
        host: String = "127.0.0.1",
        log: PeerLog? = nil,
        engine: EngineSettings = EngineSettings(),
        preallocation: Preallocation = .full,
        _ body: (RunningNode) async throws -> Value
    ) async throws -> Value {
        let (events, continuation) = AsyncStream.makeStream(of: SuiteEvent.self, bufferingPolicy: .bufferingNewest(64))
        var configuration = NodeConfiguration(
            name: ProcessName(role: .peerNode, number: number),
            databasePath: folder["nodes/\(number)/state.db"].path,
            listenHosts: [host],
            listenPort: 0
        )
        configuration.lockPatience = .zero
        // So that connections move between loops.
        configuration.loops = 3
        configuration.preferences = preferences
        configuration.engine = engine
        configuration.preallocation = preallocation
        configuration.lookMilliseconds = 20
        let service = try await NodeService.start(
            configuration,
            hashing: hashing,
            publish: { continuation.yield($0) },
            logger: log?.logger ?? Logger(label: "node-\(number)") { _ in SwiftLogNoOpLogHandler() }
        )
        let ip = try #require(IPAddress(host))
        let node = RunningNode(service, PeerAddress(ip: ip, port: service.listenPort), events)
        do {
            let value = try await body(node)
            await service.stop()
            return value
        } catch {
            await service.stop()
            throw error
        }
    }

    private init(_ service: NodeService, _ address: PeerAddress, _ events: AsyncStream<SuiteEvent>) {
        self.service = service
        self.address = address
        self.events = events
    }

    /// Waits until a torrent is in `state`.
    @discardableResult
    func wait(_ infoHash: InfoHash, for state: TorrentState) async throws -> TorrentSummary {
        try await wait(infoHash) { $0.state == state }
    }

    /// Waits until a torrent is as it should be; looks whenever the node tells of a change.
    @discardableResult
    func wait(_ infoHash: InfoHash, until isDone: (TorrentSummary) -> Bool) async throws -> TorrentSummary {
        let now = try await service.show(infoHash).summary
        if isDone(now) { return now }
        for await case .torrentChanged(let changed) in events where changed.infoHash == infoHash {
            let now = try await service.show(infoHash).summary
            if isDone(now) { return now }
        }
        throw CancellationError()
    }

    /// Shares what lies below `directory`.
    func seed(_ payload: Payload, from directory: URL) async throws -> TorrentSummary {
        var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: Array(directory.path.utf8))
        addition.existingData = .verified
        return try await service.add(addition).torrent
    }

    func download(_ payload: Payload, to directory: URL, from peers: [PeerAddress]) async throws {
        var addition = TorrentAddition(metainfo: payload.metainfo.bytes, directory: Array(directory.path.utf8))
        addition.peers = peers
        _ = try await service.add(addition)
    }
}
