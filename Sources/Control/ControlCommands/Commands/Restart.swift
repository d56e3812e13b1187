import ArgumentParser
import BusServices
import BusTransport
import ServiceShapes

struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "End a process in order and start it again.",
        discussion: """
            EXAMPLE:
              p2pctl restart peer-node/2
            """
    )

    @Argument(
        help: ArgumentHelp("The process, as ps names it.", valueName: "name"),
        transform: { text in
            guard let name = ProcessName(text), name.role != .launcher, name.role != .control else {
                throw ValidationError("'\(DisplayText.escaped(text))' is no process; see the names with: p2pctl ps")
            }
            return name
        }
    )
    var name: ProcessName

    @OptionGroup var suite: SuiteOptions

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(suite) { connection in
            try console.print([try await connection.supervision.restart(name)], asJSON: suite.global.json)
        }
    }
}
