import ArgumentParser
import BusServices
import Glibc
import ProcessRuntime
import ServiceShapes

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start the suite.",
        discussion: """
            Stays until Ctrl-C, which stops the suite in order; with --detach returns when the suite is ready.

            EXAMPLES:
              p2pctl up --detach
              p2pctl up --home /tmp/a --port 0 --set peer.nodes=3
            """
    )

    @Flag(name: .long, help: "Return when the suite is ready; it goes on until: p2pctl down.")
    var detach = false

    @Option(name: .long, help: ArgumentHelp("The address that the tracker and the console listen on.", valueName: "h"))
    var host: String?

    @Option(name: .long, help: ArgumentHelp("Their port; 0 is any free one.", valueName: "p"))
    var port: UInt16?

    @Option(name: .long, help: ArgumentHelp("A setting, as in config.yaml.", valueName: "k=v"))
    var set: [String] = []

    @OptionGroup var suite: SuiteOptions

    func validate() throws {
        for setting in set where !setting.contains("=") || setting.hasPrefix("=") {
            throw ValidationError("--set '\(DisplayText.escaped(setting))' is no KEY=VALUE; write peer.nodes=3.")
        }
    }

    func run() async throws {
        let console = Console.current
        // The workers inherit what it says, and would end at once.
        _ = try LocalHashing()
        let home = try suite.homeFolder()
        try await refuseSecond(at: home)
        let program = try LauncherProcess.program()
        if detach {
            try await startDetached(program, home: home, console: console)
        } else {
            try await stay(program, home: home, console: console)
        }
    }

    private func arguments(for home: HomeFolder) -> [String] {
        var arguments = ["--home", home.path]
        if let host { arguments += ["--set", "tracker.http.host=\(host)"] }
        if let port { arguments += ["--set", "tracker.http.port=\(port)"] }
        return arguments + set.flatMap { ["--set", $0] }
    }

    /// A suite that answers is running; one that left its socket behind does not answer.
    private func refuseSecond(at home: HomeFolder) async throws {
        guard SuiteConnection.hasSocket(home) else { return }
        do {
            let report = try await SuiteConnection.with(home) { connection in
                try await SupervisionClient(connection.bus, deadline: .seconds(2)).status()
            }
            throw CommandFailure(
                "the suite is already running at \(home.shown) (pid \(report.launcherPID)); stop it with: p2pctl down"
            )
        } catch let failure as CommandFailure where failure.status != .notRunning {
            throw failure
        } catch  where !error.isInterruption {
            return
        }
    }

    private func startDetached(_ program: BytePath, home: HomeFolder, console: Console) async throws {
        let log = try LauncherLog(home)
        let launcher = try LauncherProcess.start(
            program,
            arguments: arguments(for: home),
            attachment: .detached(log.path)
        )
        do {
            let report = try await SuiteStart(home: home, launcher: launcher).ready()
            try announce(report, to: console)
        } catch {
            // A suite that did not come up must not stay half up.
            launcher.send(SIGTERM)
            let exit = await launcher.exit()
            if !exit.isSuccess, let said = try log.lastSentence() { throw CommandFailure(said) }
            throw error
        }
    }

    /// Stays beside the launcher and hands Ctrl-C on to it, once.
    private func stay(_ program: BytePath, home: HomeFolder, console: Console) async throws {
        let launcher = try LauncherProcess.start(program, arguments: arguments(for: home), attachment: .attached)
        let exit: LauncherProcess.Exit = try await withTaskCancellationHandler {
            do {
                let report = try await SuiteStart(home: home, launcher: launcher).ready()
                try announce(report, to: console)
            } catch {
                launcher.send(SIGTERM)
                let exit = await launcher.exit()
                if Task.isCancelled, exit.isSuccess { return exit }
                // The launcher shares our stderr and has said why.
                throw exit.isSuccess ? error : CommandFailure("")
            }
            return await launcher.exit()
        } onCancel: {
            launcher.send(SIGTERM)
        }
        switch exit {
        case .status(0): return
        case .status(let status): throw CommandFailure("the launcher ended with status \(status); see: p2pctl logs")
        case .signal(let signal): throw CommandFailure("the launcher was ended by signal \(signal); start it again")
        case .unknown: throw CommandFailure("the launcher is gone; start it again with: p2pctl up")
        }
    }

    private func announce(_ report: SuiteReport, to console: Console) throws {
        try console.output.line(suite.global.json ? report.json.encoded : report.readyLines.joined(separator: "\n"))
    }
}

extension SuiteReport {
    fileprivate var readyLines: [String] {
        var lines = [
            "ready     \(processes.count) processes at \(DisplayText.escaped(home)), launcher pid \(launcherPID)"
        ]
        if let url = tracker.httpURL { lines.append("console   \(DisplayText.escaped(url))") }
        if let url = tracker.announceURL { lines.append("tracker   \(DisplayText.escaped(url))") }
        return lines
    }
}
