import ArgumentParser
import BusServices
import BusTransport
import PieceHashing
import ProcessRuntime

/// `hasher-worker`: hashes pieces of files, a job at a time.
///
/// May touch: files it is told to read, and nothing else. How it fails: its job is given to another worker.
@main
struct HasherWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hasher-worker",
        abstract: "Hashes pieces of files for the other processes. Started by the launcher.",
        version: ProgramVersion.text
    )

    func run() async throws {
        await ChildProcess.run(.hasherWorker) { context in
            let work = HashingWork()
            context.bus.serve(RouteTable([HashingRoutes(work)]).handler)
            return work
        }
    }
}
