import ArgumentParser
import BusServices
import BusTransport
import ProcessRuntime
import ServiceShapes

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print the log lines of all processes, or of one, in the order of their times.",
        discussion: """
            EXAMPLES:
              p2pctl logs
              p2pctl logs peer-node/1 -f
            """
    )

    @Argument(help: ArgumentHelp("Only this process, as ps names it.", valueName: "name"))
    var name: String?

    @Flag(name: [.customShort("f"), .long], help: "Go on with new lines until Ctrl-C.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("The last lines only.", valueName: "count"))
    var lines = 1000

    @OptionGroup var suite: SuiteOptions

    func validate() throws {
        guard (0...1_000_000).contains(lines) else { throw ValidationError("--lines must be from 0 to 1000000.") }
        if let name, name != Role.launcher.rawValue, ProcessName(name) == nil {
            throw ValidationError("'\(DisplayText.escaped(name))' is no process; see the names with: p2pctl ps")
        }
    }

    func run() async throws {
        let output = Console.current.output
        let home = try suite.homeFolder()
        for line in try LogFiles.lines(of: name, in: home, last: lines) {
            try output.line(suite.global.json ? line.json.encoded : line.text)
        }
        guard follow else { return }
        try await SuiteConnection.with(home) { connection in
            for await update in connection.feed.updates([.log]) {
                guard case .event(.logLine, _, let source, _) = update else { continue }
                if let name, source != name { continue }
                try output.line(suite.global.json ? update.json.encoded : update.line)
            }
            try Task.checkCancellation()
            throw SuiteConnection.notRunning(connection.home)
        }
    }
}
