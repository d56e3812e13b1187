import ArgumentParser
import BusServices
import CLinux
import Glibc
import ProcessRuntime
import ServiceShapes

struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stop the suite in order and wait until it is gone.",
        discussion: """
            EXAMPLE:
              p2pctl down
            """
    )

    private static let deadline = Duration.seconds(60)

    @OptionGroup var suite: SuiteOptions

    func run() async throws {
        let console = Console.current
        let home = try suite.homeFolder()
        let pid = try await SuiteConnection.with(home) { connection in
            // Held from before the stop, so that it cannot mean another process that got the number.
            let handle = ProcessHandle(pid: try await connection.report().launcherPID)
            let pid = try await connection.supervision.stop()
            try await handle?.waitForExit(deadline: Self.deadline)
            return pid
        }
        guard !SuiteConnection.hasSocket(home) else {
            throw CommandFailure("the launcher is gone but left its sockets in \(home.shown); p2pctl up clears them")
        }
        let json: JSONValue = ["home": .text(home.path), "launcher_pid": .integer(Int(pid)), "stopped": .boolean(true)]
        try console.output.line(suite.global.json ? json.encoded : "stopped   the suite at \(home.shown)")
    }
}

/// A process that we did not start, held by a descriptor that its number's next owner does not get.
final class ProcessHandle: Sendable {
    private let pid: pid_t
    private let descriptor: Int32

    /// `nil` when it is gone already.
    init?(pid: pid_t) {
        self.pid = pid
        descriptor = clinux_open_pidfd(pid)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    func waitForExit(deadline: Duration) async throws {
        let end = ContinuousClock.now + deadline
        while true {
            try Task.checkCancellation()
            // Readable means ended; the timeout is only there to see that nobody waits any more.
            var ended = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&ended, 1, 100) > 0 { return }
            guard ContinuousClock.now < end else {
                throw CommandFailure(
                    "the launcher (pid \(pid)) is still stopping after \(deadline.components.seconds) s; "
                        + "see what holds it with: p2pctl logs"
                )
            }
            await Task.yield()
        }
    }
}
