import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo
import ProcessRuntime

/// A torrent and the node that has it.
struct HeldTorrent: Sendable {
    let node: ProcessName
    let summary: TorrentSummary
}

/// The running suite of one home, as its control socket shows it.
struct SuiteConnection: Sendable {
    let home: HomeFolder
    let bus: any Bus

    var supervision: SupervisionClient { SupervisionClient(bus) }
    var catalogue: CatalogueClient { CatalogueClient(bus) }
    var hashTasks: HashTasksClient { HashTasksClient(bus) }
    var feed: EventFeed { EventFeed(bus) }

    func torrents(on node: ProcessName?) -> TorrentsClient {
        TorrentsClient(bus, destination: node.map { .process($0) } ?? .any(.peerNode))
    }

    func report() async throws(CommandFailure) -> SuiteReport {
        do {
            return try await supervision.status()
        } catch  where error.code == .unavailable || error.code == .deadlineExceeded {
            throw Self.notRunning(home)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Every torrent of every node that is ready, or of `node` alone; the nodes are asked side by side.
    func allTorrents(on node: ProcessName? = nil) async throws -> [HeldTorrent] {
        let all = try await settledReport().processes.filter { $0.name.role == .peerNode }
        let ready = all.filter { $0.state == .ready }.map(\.name)
        let nodes = node.map { node in ready.filter { $0 == node } } ?? ready.sorted()
        if let node, nodes.isEmpty {
            throw CommandFailure(.notFound, "\(node) is not running; see the processes with: p2pctl ps")
        }
        guard !nodes.isEmpty else {
            throw CommandFailure(.notRunning, "no peer-node is ready; see why with: p2pctl ps")
        }
        for absent in all where absent.state != .ready && (node == nil || node == absent.name) {
            Console.current.remark("\(absent.name) is \(absent.state.rawValue); its torrents are left out")
        }
        return try await withThrowingTaskGroup(of: [HeldTorrent].self) { group in
            for node in nodes {
                group.addTask {
                    let list = try await patiently { try await torrents(on: node).list() }
                    return list.map { HeldTorrent(node: node, summary: $0) }
                }
            }
            var all: [HeldTorrent] = []
            for try await held in group { all += held }
            return all.sorted { left, right in
                (left.summary.queuePosition, left.summary.addedAt, left.node)
                    < (right.summary.queuePosition, right.summary.addedAt, right.node)
            }
        }
    }

    /// The metainfo behind a magnet link, when the suite's own tracker lists it.
    func catalogued(_ magnet: MagnetLink) async throws -> Metainfo {
        guard magnet.infoHashV1 != nil else {
            throw TorrentFile.versionTwoOnly(magnet.name ?? Array(magnet.infoHash.hex.utf8))
        }
        do {
            let bytes = try await patiently { try await catalogue.find(magnet.infoHash) }
            let metainfo = try TorrentFile.parse(bytes, from: "the torrent in the catalogue")
            return metainfo.addingTrackers(magnet.trackers.map { [$0] })
        } catch let fault as BusFault where fault.code == .notFound {
            throw CommandFailure(
                .notFound,
                "the catalogue of this suite does not list \(magnet.infoHash.hex), and metainfo is not yet fetched "
                    + "from peers (BEP 9); give the .torrent file instead"
            )
        }
    }

    /// How long a command waits for a process that is being replaced, which takes less than half a second.
    private static let patience = Duration.seconds(3)
    private static let retryPause = Duration.milliseconds(50)

    /// The report when no node and no tracker is just being replaced, or when patience ends.
    func settledReport() async throws -> SuiteReport {
        let end = ContinuousClock.now + Self.patience
        while true {
            let report = try await report()
            let isReplacing = report.processes.contains { process in
                (process.name.role == .peerNode || process.name.role == .trackerAPI)
                    && (process.state == .starting || process.state == .waiting)
            }
            guard isReplacing, ContinuousClock.now < end else { return report }
            try await Task.sleep(for: Self.retryPause)
        }
    }

    /// Asks again when whoever was asked is just being replaced; only for questions that may be asked twice.
    func patiently<Answer: Sendable>(_ ask: () async throws -> Answer) async throws -> Answer {
        let end = ContinuousClock.now + Self.patience
        while true {
            do {
                return try await ask()
            } catch {
                guard let fault = error as? BusFault, fault.code == .unavailable, ContinuousClock.now < end else {
                    throw error
                }
            }
            _ = try await settledReport()
            try await Task.sleep(for: Self.retryPause)
        }
    }

    static func notRunning(_ home: HomeFolder) -> CommandFailure {
        CommandFailure(.notRunning, "the suite is not running at \(home.shown); start it with: p2pctl up")
    }
}
