import ArgumentParser
import BusServices
import BusTransport
import ServiceShapes

struct Jobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List what the workers hash: checks, rechecks, uploads and creations; cancel one.",
        discussion: """
            What runs or waits comes first, then what ended lately.

            EXAMPLES:
              p2pctl jobs
              p2pctl jobs --watch
              p2pctl jobs --json | jq -r 'select(.state == "running") | .name'
              p2pctl jobs cancel 3
            """,
        subcommands: [JobList.self, CancelJob.self],
        defaultSubcommand: JobList.self
    )
}

struct JobList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the hash jobs.",
        discussion: """
            EXAMPLE:
              p2pctl jobs list --watch
            """
    )

    @Flag(name: .shortAndLong, help: "Then print each change until Ctrl-C.")
    var watch = false

    @OptionGroup var suite: SuiteOptions

    func run() async throws {
        let output = Console.current.output
        try await SuiteConnection.with(suite) { connection in
            // Subscribed to first, so that no change falls between the list and the news.
            let updates = watch ? connection.feed.updates([.job]) : nil
            try show(try await connection.hashTasks.tasks())
            guard let updates else { return }
            for await update in updates {
                guard case .event(.hashTaskChanged(let task), _, _, _) = update else { continue }
                try output.line(suite.global.json ? task.json.encoded : task.line)
            }
            try Task.checkCancellation()
            throw SuiteConnection.notRunning(connection.home)
        }
    }

    private func show(_ tasks: [HashTaskStatus]) throws {
        let console = Console.current
        guard !suite.global.json else {
            for task in tasks { try console.output.line(task.json) }
            return
        }
        guard !tasks.isEmpty else { return try console.output.line("no jobs; nothing is hashed now") }
        try console.print(HashTaskStatus.table(tasks))
    }
}

struct CancelJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a hash job: an upload or a creation fails, a check ends where it is.",
        discussion: """
            EXAMPLE:
              p2pctl jobs cancel 3
            """
    )

    @Argument(help: ArgumentHelp("The number that p2pctl jobs shows.", valueName: "n"))
    var number: UInt64

    @OptionGroup var suite: SuiteOptions

    func run() async throws {
        let output = Console.current.output
        try await SuiteConnection.with(suite) { connection in
            let task: HashTaskStatus
            do throws(BusFault) {
                task = try await connection.hashTasks.cancel(number)
            } catch {
                guard error.code == .notFound else { throw CommandFailure(error) }
                throw CommandFailure(.notFound, "no job has the number \(number); see them with: p2pctl jobs")
            }
            try output.line(suite.global.json ? task.json.encoded : task.line)
        }
    }
}
