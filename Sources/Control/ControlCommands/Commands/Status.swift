import ArgumentParser

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
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
            try output.line(suite.global.json ? report.json.encoded : report.page.joined(separator: "\n"))
        }
    }
}
