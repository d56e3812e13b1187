import BusServices
import BusTransport
import Foundation
import Logging
import Synchronization
import TrackerStore

@testable import TrackerServer

/// A tracker on a free port, with a folder of its own; gone when the body ends.
struct RunningTracker: Sendable {
    let server: TrackerServer
    let store: TrackerStore
    let folder: String
    let torrents: RecordingTorrents
    let host: String

    var uploads: String { folder + "/uploads" }
    var port: Int { server.catalogue.address.boundPort }

    static func with<Value: Sendable>(
        host: String = "127.0.0.1",
        hashing: any HashingService = LocalHashing(),
        torrents: RecordingTorrents = RecordingTorrents(),
        suite: Suite? = nil,
        change: (inout TrackerConfiguration) -> Void = { _ in },
        _ body: (RunningTracker) async throws -> Value
    ) async throws -> Value {
        let folder = NSTemporaryDirectory() + "tracker-server-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await start(
            in: folder,
            host: host,
            hashing: hashing,
            torrents: torrents,
            suite: suite,
            change: change,
            body
        )
    }

    /// The same in a folder that stays, for what must survive a restart.
    static func start<Value: Sendable>(
        in folder: String,
        host: String = "127.0.0.1",
        hashing: any HashingService = LocalHashing(),
        torrents: RecordingTorrents = RecordingTorrents(),
        suite: Suite? = nil,
        change: (inout TrackerConfiguration) -> Void = { _ in },
        _ body: (RunningTracker) async throws -> Value
    ) async throws -> Value {
        var configuration = TrackerConfiguration(uploads: folder + "/uploads", clientName: "p2p/test", version: "test")
        configuration.host = host
        configuration.port = 0
        configuration.idleTimeout = .seconds(20)
        configuration.udpPort = 0
        configuration.snapshots = folder + "/swarms"
        change(&configuration)
        defer { if let lists = configuration.lists { try? FileManager.default.removeItem(atPath: lists) } }
        let store = try TrackerStore.open(path: folder + "/p2p.db", setAsideSuffix: "x").store
        let server = try await TrackerServer.start(
            configuration,
            store: store,
            hashing: hashing,
            torrents: torrents,
            suite: suite ?? SmallSuite.joined(torrents: torrents).suite,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let tracker = RunningTracker(server: server, store: store, folder: folder, torrents: torrents, host: host)
        do {
            let value = try await body(tracker)
            await server.shutdown()
            return value
        } catch {
            await server.shutdown()
            throw error
        }
    }

    /// Everything under the upload folder, as paths with lengths.
    func uploadedFiles() throws -> [String: Int] {
        var files: [String: Int] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: uploads) ?? .init() {
            let attributes = try FileManager.default.attributesOfItem(atPath: uploads + "/" + path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            // The first component is a name of chance.
            files[path.split(separator: "/").dropFirst().joined(separator: "/")] = attributes[.size] as? Int
        }
        return files
    }
}
