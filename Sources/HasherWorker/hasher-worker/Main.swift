import ArgumentParser
import BusServices
import BusTransport
import FoundationEssentials
import PieceHashing
import ProcessRuntime

/// `hasher-worker`: hashes pieces of files, on one thread.
///
/// May touch: files it is told to read, and nothing else. How it fails: its job is given to another worker.
@main
struct HasherWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hasher-worker",
        abstract: "Hashes pieces of files for the other processes. Started by the launcher.",
        discussion: """
            ENVIRONMENT:
              P2P_HASH_PATH   the instructions to hash with, instead of the fastest: \
            \(HashPath.available.map(\.name).joined(separator: ", "))
            """,
        version: ProgramVersion.text
    )

    func run() async throws {
        await ChildProcess.run(.hasherWorker) { context in
            let work = HashingWork(try HashPath(environment: ProcessInfo.processInfo.environment))
            context.bus.serve(RouteTable([HashingRoutes(work)]).handler)
            return work
        }
    }
}
