package import BitTorrentTypes
package import BusServices
package import BusTransport
import Foundation
package import Logging
import Metainfo
import NIOCore
import NIOPosix
import PeerNetworking
import PieceStore

/// A peer-node: its torrents, its port and its database, and what the others may ask of it.
package final class NodeService: Sendable {
    /// What the answer to adding a seeding torrent waits for its first announce.
    private static let firstAnnounceLimit = Duration.seconds(3)

    package let listenPort: UInt16
    private let environment: NodeEnvironment
    private let database: NodeDatabase
    private let lock: NodeLock
    private let registry: TorrentRegistry
    private let listener: any Channel
    private let group: any EventLoopGroup

    /// The number of torrents, for the heartbeat; asked through the event loop, so that a stuck loop gives no answer.
    package func load() async -> Int {
        do { try await environment.loop.submit {}.get() } catch {
            environment.logger.debug("the event loop has ended", metadata: ["reason": "\(error)"])
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
        let openFiles = OpenFileLimit.raise()
        let folder = URL(filePath: configuration.databasePath).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let lock = try await NodeLock.take(folder.path, patience: configuration.lockPatience)
        let database = try NodeDatabase(path: configuration.databasePath) { kept in
            logger.error("the database was damaged and is kept aside", metadata: ["path": "\(kept)"])
        }
        let records = try database.torrents()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let transport = PeerTransport(loop: loop, logger: logger)
        let registry = TorrentRegistry()
        do {
            let listener = try await transport.listen(
                host: configuration.listenHost,
                preferred: configuration.listenPort,
                last: try database.listenPort(preferring: configuration.listenPort),
                acceptor: registry
            )
            let listenPort = listener.localAddress?.port.flatMap(UInt16.init(exactly:)) ?? 0
            try database.setListenPort(listenPort, preferring: configuration.listenPort)
            var generator = SystemRandomNumberGenerator()
            let environment = NodeEnvironment(
                name: configuration.name,
                peerID: PeerID.random(using: &generator),
                listenPort: listenPort,
                loop: loop,
                transport: transport,
                trackers: TrackerClient(group: group),
                hashing: hashing,
                recorder: PieceRecorder(database: database),
                // Sockets, the database and the bus need most of them.
                descriptors: DescriptorCache(limit: max(8, min(256, openFiles / 4))),
                publish: publish,
                logger: logger
            )
            let node = NodeService(environment, database, lock, registry, listener, group)
            for record in records { await node.restore(record) }
            return node
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    private init(
        _ environment: NodeEnvironment,
        _ database: NodeDatabase,
        _ lock: NodeLock,
        _ registry: TorrentRegistry,
        _ listener: any Channel,
        _ group: any EventLoopGroup
    ) {
        self.environment = environment
        self.database = database
        self.lock = lock
        self.registry = registry
        self.listener = listener
        self.group = group
        listenPort = environment.listenPort
    }

    /// A torrent of the last run; one that cannot be read any more stays in the database and is logged.
    private func restore(_ record: TorrentRecord) async {
        do {
            let metainfo = try Metainfo.parse(record.metainfo)
            try metainfo.requireShareable()
            let session = TorrentSession(metainfo: metainfo, record: record, environment: environment)
            guard registry.insert(session) == nil else { return }
            if record.isPaused { await session.load() } else { await session.start() }
        } catch {
            environment.logger.error(
                "a torrent of the last run cannot be read",
                metadata: ["info_hash": "\(record.infoHash)", "reason": "\(error)"]
            )
        }
    }

    /// A tracker was started anew: every torrent that has it tells it so at once, not only when its interval is over.
    package func trackerRestarted(_ announceURL: String) async {
        for session in registry.all { await session.trackerRestarted(announceURL) }
    }

    /// Ends in order: trackers are told, pieces recorded, files and sockets closed.
    package func stop() async {
        do {
            try await listener.close()
        } catch {
            environment.logger.debug("closing the listener", metadata: ["reason": "\(error)"])
        }
        await withTaskGroup(of: Void.self) { group in
            for session in registry.all { group.addTask { await session.shutdown() } }
        }
        do {
            try await environment.trackers.shutdown()
            try await group.shutdownGracefully()
            try database.close()
        } catch {
            environment.logger.error("the node did not end in order", metadata: ["reason": "\(error)"])
        }
        lock.release()
    }

    fileprivate func session(_ infoHash: InfoHash) throws(BusFault) -> TorrentSession {
        guard let session = registry[infoHash] else {
            throw BusFault(.notFound, "\(environment.name) has no torrent \(infoHash)")
        }
        return session
    }
}

extension NodeService: TorrentsService {
    package func add(_ addition: TorrentAddition) async throws(BusFault) -> (
        torrent: TorrentSummary, alreadyPresent: Bool
    ) {
        let metainfo: Metainfo
        do throws(MetainfoError) {
            metainfo = try Metainfo.parse(addition.metainfo)
            try metainfo.requireShareable()
        } catch {
            throw BusFault(.invalid, "this is not a torrent we can use: \(error)")
        }
        if let present = registry[metainfo.infoHash] { return (await present.merge(metainfo, addition.peers), true) }
        let directory = try prepare(addition.directory)
        let pieceCount = metainfo.layout.pieceCount
        let isVerified = addition.existingData == .verified
        var record = TorrentRecord(
            infoHash: metainfo.infoHash,
            metainfo: metainfo.bytes,
            directory: directory,
            isPaused: addition.isPaused,
            addedAt: Int(Date().timeIntervalSince1970),
            verified: isVerified ? Bitfield(allOf: pieceCount) : Bitfield(pieceCount: pieceCount)
        )
        record.peers = Array(addition.peers.prefix(TorrentSession.askedPeerLimit))
        let session = TorrentSession(metainfo: metainfo, record: record, environment: environment)
        if isVerified {
            do throws(StoreError) { try session.files.requireAllFiles() } catch {
                throw BusFault(.invalid, "the data is not there: \(error)")
            }
        }
        if let present = registry.insert(session) {
            guard present.infoHash == metainfo.infoHash else {
                let path = StoreError.printable(session.files.path)
                throw BusFault(.refused, "\(path) belongs to torrent \(present.infoHash): choose another folder")
            }
            return (await present.merge(metainfo, addition.peers), true)
        }
        if let failure = await session.save(record) {
            _ = registry.remove(metainfo.infoHash)
            throw BusFault(.failed, "\(failure)")
        }
        if addition.isPaused {
            await session.load()
        } else {
            await session.start(isNew: true)
            if isVerified { await session.firstAnnounce(within: Self.firstAnnounceLimit) }
        }
        return (await session.summary(), false)
    }

    package func list() async throws(BusFault) -> [TorrentSummary] {
        var summaries: [TorrentSummary] = []
        for session in registry.all { summaries.append(await session.summary()) }
        return summaries.sorted { ($0.addedAt, $0.infoHash) < ($1.addedAt, $1.infoHash) }
    }

    package func show(_ infoHash: InfoHash) async throws(BusFault) -> TorrentDetail {
        await (try session(infoHash)).detail()
    }

    package func peers(_ infoHash: InfoHash) async throws(BusFault) -> [PeerSummary] {
        await (try session(infoHash)).peerSummaries()
    }

    package func pause(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        await session.pause()
        return await session.summary()
    }

    package func resume(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        await session.resume()
        return await session.summary()
    }

    package func recheck(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        await session.recheck()
        return await session.summary()
    }

    package func announce(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        await session.announceNow()
        return await session.summary()
    }

    package func remove(_ infoHash: InfoHash, deleteData: Bool) async throws(BusFault) {
        guard let session = registry.remove(infoHash) else {
            throw BusFault(.notFound, "\(environment.name) has no torrent \(infoHash)")
        }
        if let failure = await session.remove(deletingData: deleteData) { throw BusFault(.failed, failure) }
    }

    /// The folder for the files, without a slash at its end, there and writable.
    private func prepare(_ directory: [UInt8]) throws(BusFault) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        guard directory.first == slash, !directory.contains(0), directory.count <= 4096 else {
            throw BusFault(.invalid, "the folder \(StoreError.printable(directory)) is not an absolute path")
        }
        var path = directory
        while path.count > 1, path.last == slash { path.removeLast() }
        do throws(StoreError) { try Directory.prepare(path) } catch {
            throw BusFault(.refused, "\(error)")
        }
        return path
    }
}
