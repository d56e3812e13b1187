import BusServices
import BusTransport
import Glibc
import Logging
import MessageHub
import Synchronization
import Testing

/// A hub on real sockets in a folder of its own, and what its supervisor is told.
struct RunningHub: Sendable {
    let folder: String
    let hub: Hub
    let observations: Observations

    static func with(
        times: HubTimes = HubTimes(),
        checksWorkers: Bool = false,
        _ body: (RunningHub) async throws -> Void
    ) async throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let hub = try await Hub.open(
            runFolder: folder + "/run",
            logger: quietLogger,
            times: times,
            checksWorkers: checksWorkers
        )
        let observations = Observations()
        hub.serve(CannedSupervision(), observer: observations)
        do {
            try await body(RunningHub(folder: folder + "/run", hub: hub, observations: observations))
        } catch {
            await hub.close()
            throw error
        }
        await hub.close()
    }

    func control() async throws -> ZeroMQBus {
        try await ZeroMQBus.connect(.control(in: folder))
    }

    /// Starts a process in this one: expected, connected, and known to the hub.
    func process(_ text: String, epoch: UInt64 = 1, serving handler: RequestHandler? = nil) async throws -> ZeroMQBus {
        let name = try #require(ProcessName(text))
        let token = Array("token of \(text) \(epoch)".utf8)
        hub.expect(name, epoch: epoch, token: token)
        let bus = try await connect(name, epoch: epoch, token: token)
        if let handler {
            bus.serve(handler)
            SessionClient(bus).ready(Endpoints())
            await observed("\(text) ready")
        }
        return bus
    }

    func connect(_ name: ProcessName, epoch: UInt64, token: [UInt8]) async throws -> ZeroMQBus {
        let bus = try await ZeroMQBus.connect(.processes(in: folder), token: token, name: name, epoch: epoch)
        let hello = SessionHello(name: name, pid: getpid(), epoch: epoch, token: token, programVersion: "test")
        _ = try await SessionClient(bus).hello(hello)
        return bus
    }

    func observed(_ text: String) async { await observations.next(text) }
}

let quietLogger = Logger(label: "hub") { _ in SwiftLogNoOpLogHandler() }

func temporaryFolder() throws -> String {
    var template = Array("/tmp/p2p-hub-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    return try #require(made)
}

func removeFolder(_ folder: String) {
    for name in ["hub.sock", "control.sock", "events.sock", "events-in.sock"] { unlink("\(folder)/run/\(name)") }
    rmdir(folder + "/run")
    rmdir(folder)
}

/// What the hub tells its supervisor, kept by text: waiting for one thing loses no other, whichever comes first.
final class Observations: HubObserver {
    private typealias Channel = (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    private let channels = Mutex<[String: Channel]>([:])

    /// Waits for the next time that `text` is told, or takes one that was.
    func next(_ text: String) async {
        for await _ in channel(text).stream { return }
    }

    private func note(_ text: String) { channel(text).continuation.yield() }

    private func channel(_ text: String) -> Channel {
        channels.withLock { channels in
            let channel = channels[text] ?? AsyncStream<Void>.makeStream()
            channels[text] = channel
            return channel
        }
    }

    func processConnected(_ hello: SessionHello) { note("\(hello.name) connected") }
    func processReady(_ name: ProcessName, epoch: UInt64, endpoints: Endpoints) { note("\(name) ready") }
    func processBeat(_ name: ProcessName, epoch: UInt64, load: Int) { note("\(name) beat \(load)") }
    func processFailed(_ name: ProcessName, epoch: UInt64, reason: String) { note("\(name) failed") }
}

private struct CannedSupervision: SupervisionService {
    func status() async throws(BusFault) -> SuiteReport {
        SuiteReport(
            version: "0.1",
            home: Array("/home".utf8),
            launcherPID: 42,
            uptimeSeconds: 1.5,
            processes: [ProcessReport(name: ProcessName(role: .peerNode, number: 1), state: .ready)],
            hashQueue: HashQueueReport()
        )
    }

    func scale(_ counts: [Role: Int]) async throws(BusFault) -> [ProcessReport] {
        throw BusFault(.failed, "\(counts.count) roles")
    }

    func restart(_ name: ProcessName) async throws(BusFault) -> ProcessReport {
        throw BusFault(.notFound, "no \(name)")
    }

    func stop() async throws(BusFault) -> Int32 { 42 }
}
