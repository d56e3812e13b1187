import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why a torrent does not go on, and what to do.",
        discussion: """
            The most likely reason comes first; what is true besides follows.

            EXAMPLES:
              p2pctl explain 3f2a
              p2pctl explain --json 3f2a | jq -r .reason
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(torrent.suite) { connection in
            let processes = try await connection.report().processes
            let workers = processes.count { $0.name.role == .hasherWorker && $0.state == .ready }
            for held in try await torrent.locate(in: connection) {
                let node = connection.torrents(on: held.node)
                let facts = TorrentFacts(
                    detail: try await node.show(held.summary.infoHash),
                    readyWorkers: workers,
                    limits: try await node.limits(NodeLimitsChange())
                )
                if torrent.suite.global.json {
                    try console.output.line(facts.explanation.json(of: facts.detail.summary))
                } else {
                    try console.output.line(facts.explanation.page(of: facts.detail.summary).joined(separator: "\n"))
                }
            }
        }
    }
}

extension Explanation {
    func page(of torrent: TorrentSummary) -> [String] {
        var page = ["\(torrent.shownName) on \(DisplayText.escaped(torrent.node)) is \(torrent.state.rawValue):"]
        for (number, finding) in findings.enumerated() {
            page.append("  \(number == 0 ? "" : "also: ")\(DisplayText.escaped(finding.text))")
            if !finding.advice.isEmpty { page.append("    → \(DisplayText.escaped(finding.advice))") }
        }
        return page
    }

    func json(of torrent: TorrentSummary) -> JSONValue {
        let start: JSONValue = ["id": .text(torrent.infoHash.hex)]
        return start.adding(.name("name", torrent.name)).adding([
            "node": .text(torrent.node),
            "state": .text(torrent.state.rawValue),
            "reason": .text(first.reason.rawValue),
            "text": .text(first.text),
            "advice": .text(first.advice),
            "findings": .array(
                findings.map { finding in
                    [
                        "reason": .text(finding.reason.rawValue),
                        "text": .text(finding.text),
                        "advice": .text(finding.advice),
                    ]
                }
            ),
        ])
    }
}
