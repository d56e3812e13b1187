import BusServices
import BusTransport

@testable import TrackerServer

/// A launcher that tells of one peer-node and one hasher-worker, and that node, on a bus inside the test.
struct SmallSuite: SupervisionService {
    let processes: [ProcessReport]

    /// The suite as tracker-api sees it.
    static func joined(
        torrents: any TorrentsService,
        states: [ProcessName: ProcessState] = [node: .ready, worker: .ready]
    ) -> (suite: Suite, network: InMemoryNetwork) {
        let network = InMemoryNetwork()
        let processes = states.sorted { $0.key < $1.key }.map { ProcessReport(name: $0, state: $1) }
        network.join(ProcessName(role: .launcher, number: 1))
            .serve(RouteTable([SupervisionRoutes(SmallSuite(processes: processes))]).handler)
        network.join(node).serve(RouteTable([TorrentsRoutes(torrents)]).handler)
        let tracker = network.join(ProcessName(role: .trackerAPI, number: 1))
        return (Suite(tracker, downloads: Array("/downloads".utf8)), network)
    }

    static let node = ProcessName(role: .peerNode, number: 1)
    static let worker = ProcessName(role: .hasherWorker, number: 1)

    func status() async throws(BusFault) -> SuiteReport {
        SuiteReport(
            version: "test",
            home: Array("/home".utf8),
            launcherPID: 1,
            uptimeSeconds: 1,
            processes: processes,
            hashQueue: HashQueueReport()
        )
    }

    func scale(_ counts: [Role: Int]) async throws(BusFault) -> [ProcessReport] { throw Self.refused }
    func restart(_ name: ProcessName) async throws(BusFault) -> ProcessReport { throw Self.refused }
    func stop() async throws(BusFault) -> Int32 { throw Self.refused }

    private static var refused: BusFault { BusFault(.refused, "tracker-api may not ask that") }
}
