import ArgumentParser
import ProcessRuntime

/// `launcher`: starts, watches and restarts the other processes, and carries the messages between them.
///
/// May touch: its children, the run folder, the control socket. How it fails: its children end with it and lose nothing; an
/// outer supervisor (systemd, or a person) starts it again.
@main
struct Launcher: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launcher",
        abstract: "Runs the suite in the foreground until SIGTERM, Ctrl-C or p2pctl down.",
        version: ProgramVersion.text
    )

    @Option(help: "Where the suite keeps its files (default: P2P_HOME, else ~/.local/share/p2p).")
    var home: String?

    @Option(help: "The same as --set tracker.http.host=HOST.")
    var host: String?

    @Option(help: "The same as --set tracker.http.port=PORT; 0 takes any free port.")
    var port: String?

    @Option(name: .customLong("set"), help: "Sets a key of the configuration for this run.")
    var settings: [String] = []

    @Flag(help: "Prints the commented default configuration and ends.")
    var printDefaultConfig = false

    func validate() throws {
        if home?.isEmpty == true { throw ValidationError("--home is empty; name a folder.") }
    }

    func run() async throws {
        if printDefaultConfig {
            print(DefaultConfiguration.text, terminator: "")
            return
        }
        let flags =
            settings
            + [host.map { "tracker.http.host=\($0)" }, port.map { "tracker.http.port=\($0)" }].compactMap { $0 }
        do {
            try await LauncherLife(home: home, flags: flags).run()
        } catch {
            StandardError.write("launcher: \(error)")
            throw ExitCode.failure
        }
    }
}
