import BusServices
package import BusTransport

/// The rest of the suite, as far as tracker-api may ask for it; the hub refuses all else.
///
/// - It sees processes, torrents, peers and hash jobs, and changes torrents.
/// - It starts and stops no process, and moves no files.
package struct Suite: Sendable {
    /// For an answer that somebody waits for at a page.
    private static let deadline = Duration.seconds(10)

    /// `nil` when no launcher started this process.
    private let bus: (any Bus)?
    /// Where a torrent goes that is added without a place; absolute.
    let downloads: [UInt8]

    package init(_ bus: any Bus, downloads: [UInt8]) {
        self.bus = bus
        self.downloads = downloads
    }

    private init() {
        bus = nil
        downloads = []
    }

    /// A tracker by itself.
    package static let none = Suite()

    func report() async throws(BusFault) -> SuiteReport {
        try await SupervisionClient(try connected(), deadline: Self.deadline).status()
    }

    /// The torrents of `node`, or of the least loaded one when it is `nil`; throws when there is no suite.
    func torrents(on node: ProcessName?) throws(BusFault) -> TorrentsClient {
        let destination = node.map { Destination.process($0) } ?? .any(.peerNode)
        return TorrentsClient(try connected(), destination: destination, deadline: Self.deadline)
    }

    func jobs() throws(BusFault) -> HashTasksClient { HashTasksClient(try connected(), deadline: Self.deadline) }

    /// `nil` when there is no hub.
    var feed: EventFeed? { bus.map { EventFeed($0) } }

    private func connected() throws(BusFault) -> any Bus {
        guard let bus else { throw BusFault(.unavailable, "this tracker runs without a launcher") }
        return bus
    }
}

extension Suite {
    /// The nodes that are ready.
    func nodes() async throws(BusFault) -> [ProcessName] {
        try await report().processes.filter { $0.name.role == .peerNode && $0.state == .ready }.map(\.name).sorted()
    }

    /// `node`, or the least loaded one; not found when there is none of that name.
    func torrents(onReady node: ProcessName?) async throws(BusFault) -> TorrentsClient {
        if let node, try await !nodes().contains(node) { throw BusFault(.notFound, "\(node) is not ready") }
        return try torrents(on: node)
    }

    /// What each ready node answers, or why it does not, asked side by side; of `node` alone when one is named.
    func ask<Answer: Sendable>(
        _ node: ProcessName?,
        _ question: @escaping @Sendable (TorrentsClient) async throws(BusFault) -> Answer
    ) async throws(BusFault) -> [(node: ProcessName, answer: Result<Answer, BusFault>)] {
        let ready = try await nodes()
        let nodes = node.map { node in ready.filter { $0 == node } } ?? ready
        guard !nodes.isEmpty else {
            throw node.map { BusFault(.notFound, "\($0) is not ready") }
                ?? BusFault(.unavailable, "no peer-node is ready")
        }
        return await withTaskGroup(of: (ProcessName, Result<Answer, BusFault>).self) { group in
            for node in nodes {
                group.addTask {
                    do throws(BusFault) {
                        return (node, .success(try await question(try torrents(on: node))))
                    } catch {
                        return (node, .failure(error))
                    }
                }
            }
            var answers: [(node: ProcessName, answer: Result<Answer, BusFault>)] = []
            for await (node, answer) in group { answers.append((node, answer)) }
            return answers.sorted { $0.node < $1.node }
        }
    }
}
