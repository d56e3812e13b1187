import ArgumentParser
import BusServices
import BusTransport
import ServiceShapes

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print what happens in the suite until Ctrl-C.",
        discussion: """
            EXAMPLES:
              p2pctl events
              p2pctl events --topic torrent --json
            """
    )

    @Option(
        name: .long,
        help: ArgumentHelp("Only torrent, process, log or job; may be given several times.", valueName: "topic"),
        transform: { text in
            guard let topic = Topic(rawValue: text) else {
                let known = Topic.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("'\(DisplayText.escaped(text))' is no topic; topics are \(known).")
            }
            return topic
        }
    )
    var topic: [Topic] = []

    @OptionGroup var suite: SuiteOptions

    func run() async throws {
        let output = Console.current.output
        try await SuiteConnection.with(suite) { connection in
            _ = try await connection.report()
            for await update in connection.feed.updates(Set(topic.isEmpty ? Topic.allCases : topic)) {
                try output.line(suite.global.json ? update.json.encoded : update.line)
            }
            try Task.checkCancellation()
            throw SuiteConnection.notRunning(connection.home)
        }
    }
}
