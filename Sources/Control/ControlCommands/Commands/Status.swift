import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show one page of state.",
        discussion: """
            EXAMPLES:
              p2pctl status
              p2pctl status --json | jq -r .tracker_announce_url
            """
    )

    @OptionGroup var suite: SuiteOptions

    func run() async throws {
        let output = Console.current.output
        try await SuiteConnection.with(suite) { connection in
            let report = try await connection.report()
            let limits = await Self.limits(of: report, over: connection)
            guard !suite.global.json else {
                let shapes = limits.map { $0.limits.json(of: $0.node) }
                return try output.line(report.json.adding(["limits": .array(shapes)]))
            }
            try output.line((report.page + limits.compactMap { $0.limits.line(of: $0.node) }).joined(separator: "\n"))
        }
    }

    /// What each node that is ready says of its limits; one that does not answer at once is left out.
    private static func limits(
        of report: SuiteReport,
        over connection: SuiteConnection
    ) async -> [(node: ProcessName, limits: NodeLimits)] {
        var limits: [(ProcessName, NodeLimits)] = []
        for node in report.nodes where node.state == .ready {
            let client = TorrentsClient(connection.bus, destination: .process(node.name), deadline: .seconds(2))
            do {
                limits.append((node.name, try await client.limits(NodeLimitsChange())))
            } catch {
                Console.current.remark("\(node.name) does not tell its limits: \(error.message)")
            }
        }
        return limits
    }
}

extension NodeLimits {
    /// Nothing when nothing is limited.
    fileprivate func line(of node: ProcessName) -> String? {
        guard downInForce != .unlimited || upInForce != .unlimited else { return nil }
        let speeds = isAlternativeActive ? " (alternative speeds)" : ""
        return "limits    \(node): down \(downInForce.shown), up \(upInForce.shown)\(speeds)"
    }
}
