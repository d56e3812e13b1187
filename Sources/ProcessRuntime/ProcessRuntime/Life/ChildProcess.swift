package import BusTransport
import BusServices
import CLinux
import FoundationEssentials
import Glibc
import Logging

/// The life of a process that the launcher starts, the same for each role.
///
///     watch parent, stdin, signals → settings, log → bus → hello → start → ready → work … → stop → exit
///
/// It ends with its launcher, whatever ends that: the kernel's parent-death signal, and the end of stdin.
package enum ChildProcess {
    /// How long an orderly end may take.
    private static let grace = Duration.seconds(5)
    /// When most of what the start set going has ended.
    private static let settling = Duration.seconds(5)

    /// Runs this process as `role` and ends it.
    ///
    /// `start` loads state and begins to serve on the context's bus; when it returns, the process is announced as ready.
    /// What goes wrong until then is one line on stderr and exit code 1.
    package static func run(
        _ role: Role,
        _ start: @escaping @Sendable (ProcessContext) async throws -> any ProcessService
    ) async -> Never {
        let death = clinux_set_parent_death_signal(SIGTERM)
        clinux_keep_heap_top()
        do {
            let environment = ProcessInfo.processInfo.environment
            let ticket = try LaunchTicket(environment: environment)
            // The launcher may have died before the kernel was asked to tell.
            guard death == 0, getppid() == ticket.launcherPID else { throw LaunchTicketError.orphaned }
            guard ticket.name.role == role else { throw LaunchTicketError.bad("P2P_PROCESS_NAME") }
            let stop = StopRequest()
            try EndWatch.start(telling: stop, grace: grace, watchesInput: true)
            let settings = try Settings.resolve(file: ticket.home.configFile, environment: environment)
            let sink = try LogSink(path: ticket.home.logFile(ticket.name.description))
            sink.bootstrap(level: settings.log.level)
            try await live(ticket, settings, sink, stop, start)
            exit(0)
        } catch {
            StandardError.write("\(role.rawValue): \(error)")
            exit(1)
        }
    }

    private static func live(
        _ ticket: LaunchTicket,
        _ settings: Settings,
        _ sink: LogSink,
        _ stop: StopRequest,
        _ start: @escaping @Sendable (ProcessContext) async throws -> any ProcessService
    ) async throws {
        let logger = Logger(label: ticket.name.description)
        let bus = try await ZeroMQBus.connect(
            ticket.addresses,
            token: ticket.token,
            name: ticket.name,
            epoch: ticket.epoch
        )
        let events = EventPublisher(bus)
        sink.listen { events.publish(.logLine($0)) }
        let session = SessionClient(bus)
        do {
            let interval = try await session.hello(
                SessionHello(
                    name: ticket.name,
                    pid: getpid(),
                    epoch: ticket.epoch,
                    token: ticket.token,
                    programVersion: ProgramVersion.text
                )
            )
            let context = ProcessContext(
                name: ticket.name,
                epoch: ticket.epoch,
                home: ticket.home,
                settings: settings,
                bus: bus,
                events: events,
                logger: logger
            )
            try await work(context, session, interval, stop, start)
            logger.info("stopped")
        } catch {
            logger.error("failed", metadata: .facts([.error: "\(error)"]))
            sink.listen(nil)
            await bus.close()
            throw error
        }
        sink.listen(nil)
        await bus.close()
    }

    private static func work(
        _ context: ProcessContext,
        _ session: SessionClient,
        _ interval: Duration,
        _ stop: StopRequest,
        _ start: @escaping @Sendable (ProcessContext) async throws -> any ProcessService
    ) async throws {
        let starting = Task { try await start(context) }
        let cancelling = Task { if await stop.wait() != nil { starting.cancel() } }
        defer { cancelling.cancel() }
        // Loading state may take longer than the hub waits for a sign of life.
        let waiting = Task {
            while !Task.isCancelled {
                session.heartbeat(load: 0)
                guard await pause(interval) else { return }
            }
        }
        let service: any ProcessService
        do {
            service = try await starting.value
            waiting.cancel()
        } catch is CancellationError {
            waiting.cancel()
            return
        } catch {
            waiting.cancel()
            throw error
        }
        session.ready(await service.endpoints)
        context.logger.info(
            "ready",
            metadata: .facts([.pid: getpid(), .epoch: context.epoch, .version: ProgramVersion.text])
        )
        let beating = Task {
            while !Task.isCancelled {
                session.heartbeat(load: await service.load())
                guard await pause(interval) else { return }
            }
        }
        let tidying = Task {
            // The code of the start is of no more use; where the kernel refuses, it stays.
            if await pause(settling) { _ = clinux_unmap_program() }
        }
        let stopping = Task {
            guard let reason = await stop.wait() else { return }
            context.logger.info("stopping", metadata: .facts([.reason: "\(reason)"]))
            await service.shutdown()
        }
        defer {
            beating.cancel()
            tidying.cancel()
            stopping.cancel()
        }
        try await service.run()
        // When the work ended because of the wish, its shutdown is waited for; cancelling it would cut it short.
        if stop.reason != nil { await stopping.value }
    }

    /// Whether the time passed; `false` when the task was cancelled.
    private static func pause(_ time: Duration) async -> Bool {
        do {
            try await Task.sleep(for: time)
            return true
        } catch {
            return false
        }
    }
}
