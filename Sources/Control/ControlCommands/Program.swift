import ArgumentParser
import BusTransport
import Dispatch
import Glibc
import ProcessRuntime

var programVersion: String { ProgramVersion.text }

/// p2pctl as a whole: arguments in, exit status out.
package enum Program {
    /// Runs the command that this process was started for, and ends the process.
    package static func runAndExit() async -> Never {
        StandardDescriptors.fill()
        // A reader that goes away shows as a failed write, which we can report.
        signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        let work = Task { await run(arguments) }
        let interruption = Interruption { work.cancel() }
        let status = await work.value
        interruption.end()
        exit(status.rawValue)
    }

    /// Parses and carries out one command.
    static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try P2PCtl.parseAsRoot(GlobalOptions.behindCommand(arguments))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .done
        } catch let failure as CommandFailure {
            return report(failure)
        } catch let fault as BusFault {
            return report(CommandFailure(fault))
        } catch is CancellationError {
            return .interrupted
        } catch {
            return reportParsing(error)
        }
    }

    private static func report(_ failure: CommandFailure) -> ExitStatus {
        if failure.status != .interrupted, !failure.message.isEmpty { Console.current.remark(failure.message) }
        return failure.status
    }

    /// Help and version come as errors too, and belong on stdout.
    private static func reportParsing(_ error: any Error) -> ExitStatus {
        let text = P2PCtl.fullMessage(for: error)
        do {
            guard P2PCtl.exitCode(for: error).isSuccess else {
                try Console.current.errors.line(text)
                return P2PCtl.exitCode(for: error) == .validationFailure ? .usage : .failed
            }
            try Console.current.output.line(text)
            return .done
        } catch {
            return report(error)
        }
    }
}
