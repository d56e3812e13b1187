import BitTorrentTypes
package import BusServices
import Foundation
package import Logging
import Metainfo
import NIOCore
import NIOPosix
import PeerNetworking
import PieceStore

/// A peer-node: its torrents, its port and its database, and what the others may ask of it.
package final class NodeService: Sendable {
    package let listenPort: UInt16
    let shared: Shared<NodeEnvironment>
    var environment: NodeEnvironment { shared.value }
    private let database: NodeDatabase
    private let lock: NodeLock
    let registry: TorrentRegistry
    let steering: NodeSteering
    private let listeners: [any Channel]

    /// The number of torrents, for the heartbeat; asked through the event loops, so that a stuck loop gives no answer.
    package func load() async -> Int {
        do { try await environment.loops.answer() } catch {
            environment.logger.debug("an event loop has ended", metadata: ["reason": "\(error)"])
        }
        return registry.count
    }

    /// Opens the database, listens, and brings back the torrents of the last run.
    ///
    /// - Parameters:
    ///   - configuration: name, database and port.
    ///   - hashing: whom to ask for digests.
    ///   - publish: tells the suite of changes; never blocks.
    ///   - logger: for the whole node.
    /// - Returns: the node, serving.
    /// - Throws: an error whose description says what to do: a database of a newer version, another node on the same
    ///   folder, an address that cannot be bound.
    package static func start(
        _ configuration: NodeConfiguration,
        hashing: any HashingService,
        publish: @escaping @Sendable (SuiteEvent) -> Void,
        logger: Logger
    ) async throws -> NodeService {
        let folder = URL(filePath: configuration.databasePath).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let lock = try await NodeLock.take(folder.path, patience: configuration.lockPatience)
        do {
            let database = try NodeDatabase(path: configuration.databasePath) { kept in
                logger.error("the database was damaged and is kept aside", metadata: ["path": "\(kept)"])
            }
            do {
                let records = try database.torrents()
                let node = try await listen(configuration, in: folder, database, lock, hashing, publish, logger)
                await node.steering.start()
                await node.restore(records)
                logger.info("torrents restored", metadata: ["torrents": "\(node.registry.count)"])
                await node.steering.arrange()
                return node
            } catch {
                do { try database.close() } catch {
                    logger.error("the database was not closed in order", metadata: ["reason": "\(error)"])
                }
                throw error
            }
        } catch {
            lock.release()
            throw error
        }
    }

    /// Enough to keep a disk busy; each connection waits for one read at most.
    private static let coldReaders = 4

    private static func listen(
        _ configuration: NodeConfiguration,
        in folder: URL,
        _ database: NodeDatabase,
        _ lock: NodeLock,
        _ hashing: any HashingService,
        _ publish: @escaping @Sendable (SuiteEvent) -> Void,
        _ logger: Logger
    ) async throws -> NodeService {
        let openFiles = OpenFileLimit.raise()
        let loops = EventLoops(configuration.loops)
        let coldReads = NIOThreadPool(numberOfThreads: coldReaders)
        coldReads.start()
        let transport = PeerTransport(accepting: loops.accepting, logger: logger)
        let preferences = configuration.preferences
        let connections = ConnectionBudget(
            limit: preferences.connections.perNode,
            dialLimit: preferences.connections.dials
        )
        let registry = TorrentRegistry(connections)
        do {
            let listeners = try await transport.listen(
                hosts: configuration.listenHosts,
                preferred: configuration.listenPort,
                last: try database.listenPort(preferring: configuration.listenPort),
                acceptor: registry
            )
            let addresses = listeners.compactMap(\.localAddress)
            let listenPort = addresses.first?.port.flatMap(UInt16.init(exactly:)) ?? 0
            do { try database.setListenPort(listenPort, preferring: configuration.listenPort) } catch {
                // A full disk keeps nobody from seeding.
                logger.warning("the port is not recorded", metadata: ["reason": "\(error)"])
            }
            var generator = SystemRandomNumberGenerator()
            let environment = NodeEnvironment(
                name: configuration.name,
                peerID: PeerID.random(using: &generator),
                listenPort: listenPort,
                loops: loops,
                coldReads: coldReads,
                transport: transport,
                trackers: TrackerClient(
                    group: loops.shared,
                    families: Set(addresses.compactMap { PeerAddress($0)?.ip.family })
                ),
                hashing: hashing,
                recorder: PieceRecorder(database: database),
                // Sockets, the database and the bus need most of them.
                descriptors: DescriptorCache(limit: max(8, min(256, openFiles / 4))),
                watch: FileWatch(intervalMilliseconds: configuration.lookMilliseconds),
                preallocation: configuration.preallocation,
                engine: configuration.engine,
                asideFolder: Array(folder.appending(path: "parts").path.utf8),
                lookInterval: .milliseconds(Int64(5 * configuration.lookMilliseconds)),
                connections: connections,
                connectionPreferences: preferences.connections,
                publish: publish,
                logger: logger
            )
            let steering = NodeSteering(
                environment,
                registry,
                preferences,
                chosen: try database.nodeLimits()
            )
            return NodeService(environment, database, lock, registry, steering, listeners)
        } catch {
            try await coldReads.shutdownGracefully()
            try await loops.shutdown()
            throw error
        }
    }

    private init(
        _ environment: NodeEnvironment,
        _ database: NodeDatabase,
        _ lock: NodeLock,
        _ registry: TorrentRegistry,
        _ steering: NodeSteering,
        _ listeners: [any Channel]
    ) {
        shared = Shared(environment)
        self.database = database
        self.lock = lock
        self.registry = registry
        self.steering = steering
        self.listeners = listeners
        listenPort = environment.listenPort
    }

    /// Brings back the torrents of the last run, several at a time: each waits for its loop, its files and the database.
    private func restore(_ records: [TorrentRecord]) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, record) in records.enumerated() {
                guard let session = session(of: record) else { continue }
                if index >= Self.restoredAtOnce { await group.next() }
                let decides = steering.decidesStart(of: record.options)
                group.addTask {
                    if decides { await session.awaitDecision() }
                    await session.restore(record)
                }
            }
        }
    }

    private static let restoredAtOnce = 128

    /// A torrent of the last run; one that cannot be read any more stays in the database and is logged.
    private func session(of record: TorrentRecord) -> TorrentSession? {
        do {
            let metainfo = try Metainfo.parse(record.metainfo)
            try metainfo.requireShareable()
            guard metainfo.infoHash == record.infoHash else { throw MislabelledTorrent(actual: metainfo.infoHash) }
            let session = TorrentSession(metainfo: metainfo, record: record, environment: shared)
            return registry.insert(session) == nil ? session : nil
        } catch {
            environment.logger.error(
                "a torrent of the last run cannot be read",
                metadata: ["info_hash": "\(record.infoHash)", "reason": "\(error)"]
            )
            return nil
        }
    }

    /// A tracker was started anew: every torrent that has it tells it so at once, not only when its interval is over.
    package func trackerRestarted(_ announceURL: String) async {
        for session in registry.all { await session.trackerRestarted(announceURL) }
    }

    /// Ends in order: trackers are told, pieces recorded, files and sockets closed.
    package func stop() async {
        for listener in listeners {
            do {
                try await listener.close()
            } catch {
                environment.logger.debug("closing the listener", metadata: ["reason": "\(error)"])
            }
        }
        await steering.stop()
        await withTaskGroup(of: Void.self) { group in
            for session in registry.all { group.addTask { await session.shutdown() } }
        }
        await environment.farewells.allSaid()
        do {
            try await environment.trackers.shutdown()
            try await environment.coldReads.shutdownGracefully()
            try await environment.loops.shutdown()
            try database.close()
        } catch {
            environment.logger.error("the node did not end in order", metadata: ["reason": "\(error)"])
        }
        lock.release()
    }
}

/// A record whose .torrent file is that of another torrent: what it calls verified says nothing.
private struct MislabelledTorrent: Error, CustomStringConvertible {
    let actual: InfoHash

    var description: String { "its .torrent file is that of \(actual)" }
}
