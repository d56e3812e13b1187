import ArgumentParser
import BusServices
import BusTransport
import ServiceShapes

struct ProcessList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List the processes of the suite.",
        discussion: """
            EXAMPLE:
              p2pctl ps
            """
    )

    @OptionGroup var suite: SuiteOptions

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(suite) { connection in
            try console.print(try await connection.report().processes, asJSON: suite.global.json)
        }
    }
}

extension Console {
    /// The table of `ps`, also after a change.
    func print(_ processes: [ProcessReport], asJSON: Bool) throws(CommandFailure) {
        let processes = processes.sorted { $0.name < $1.name }
        guard !asJSON else {
            for process in processes { try output.line(process.json) }
            return
        }
        var table = TextTable(
            .text("NAME"),
            .number("PID"),
            .number("EPOCH"),
            .text("STATE"),
            .number("RESTARTS"),
            .number("CPU"),
            .number("MEMORY"),
            .number("UPTIME"),
            .text("LAST EXIT")
        )
        for process in processes {
            table.add(
                process.name.description,
                process.pid > 0 ? String(process.pid) : "-",
                String(process.epoch),
                process.state.rawValue,
                String(process.restarts),
                HumanUnits.decimal(process.cpuSeconds) + " s",
                HumanUnits.bytes(process.residentBytes),
                HumanUnits.duration(seconds: process.uptimeSeconds),
                process.lastExit
            )
        }
        try print(table)
    }
}
