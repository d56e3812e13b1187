import ArgumentParser
import BusServices
import BusTransport
import ServiceShapes

struct Scale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Set how many processes of a role run.",
        discussion: """
            Returns when the new ones are ready and the superfluous ones gone.

            EXAMPLE:
              p2pctl scale hasher-worker=4 peer-node=5
            """
    )

    @Argument(
        help: ArgumentHelp("peer-node=N or hasher-worker=N.", valueName: "role=n"),
        transform: { text in try RoleCount.parse(text) }
    )
    var counts: [RoleCount]

    @OptionGroup var suite: SuiteOptions

    func validate() throws {
        guard Set(counts.map(\.role)).count == counts.count else {
            throw ValidationError("A role is named twice; give each one number.")
        }
    }

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(suite) { connection in
            let counts = Dictionary(uniqueKeysWithValues: counts.map { ($0.role, $0.count) })
            try console.print(try await connection.supervision.scale(counts), asJSON: suite.global.json)
        }
    }
}

/// `hasher-worker=4`.
struct RoleCount: Hashable, Sendable {
    static let most = 256

    let role: Role
    let count: Int

    static func parse(_ text: String) throws -> RoleCount {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let role = Role(rawValue: String(parts[0])), role == .peerNode || role == .hasherWorker
        else {
            throw ValidationError("'\(DisplayText.escaped(text))' is no role with a number; write hasher-worker=4.")
        }
        guard let count = Int(parts[1]), (0...most).contains(count), parts[1].utf8.first != UInt8(ascii: "+") else {
            throw ValidationError(
                "'\(DisplayText.escaped(text))' has no number from 0 to \(most); write \(role.rawValue)=4."
            )
        }
        return RoleCount(role: role, count: count)
    }
}
