package import BusServices
package import BusTransport
package import Logging
import Synchronization

/// Carries every message of the suite: four sockets in the run folder, one thread that owns them.
///
///     processes ── DEALER ─▶ hub.sock ───┐
///     p2pctl ───── DEALER ─▶ control.sock┴▶ engine ─▶ back to processes, p2pctl, or the launcher's own service
///     processes ── PUB ────▶ events-in.sock ─▶ gate (who, which topic, its number) ─▶ events.sock ─▶ SUB
///
/// The decisions are ``HubEngine``'s; this joins it to sockets, clock and supervisor.
package final class Hub: Sendable {
    private let commands: CommandQueue<HubCommand>
    private let hashQueue: HashQueueMirror
    private let ended: AsyncStream<Never>

    private init(commands: CommandQueue<HubCommand>, hashQueue: HashQueueMirror, ended: AsyncStream<Never>) {
        self.commands = commands
        self.hashQueue = hashQueue
        self.ended = ended
    }

    deinit {
        commands.push(.stop, bounded: false)
    }

    /// Opens the sockets in `runFolder`, which is made when it is missing; throws a sentence that says what to do.
    ///
    /// `checksWorkers`: whether hasher-workers get jobs with known answers now and then, from a file in that folder.
    package static func open(
        runFolder: String,
        logger: Logger,
        times: HubTimes = HubTimes(),
        checksWorkers: Bool = true
    ) async throws(BusFault) -> Hub {
        let (ended, end) = AsyncStream<Never>.makeStream()
        let (opened, open) = AsyncStream<BusFault?>.makeStream()
        let commands: CommandQueue<HubCommand>
        let hashQueue = HashQueueMirror()
        do throws(ZeroMQError) {
            commands = try CommandQueue()
            try OwnerThread.start {
                do throws(BusFault) {
                    let thread = try HubThread(
                        runFolder,
                        commands,
                        hashQueue,
                        logger,
                        times,
                        checksWorkers: checksWorkers
                    )
                    open.yield(nil)
                    thread.run()
                } catch {
                    open.yield(error)
                }
                end.finish()
            }
        } catch {
            throw BusFault(.failed, "the hub cannot be opened: \(error)")
        }
        if let fault = await opened.first(where: { _ in true }) ?? nil { throw fault }
        return Hub(commands: commands, hashQueue: hashQueue, ended: ended)
    }

    /// Answers p2pctl with `supervision` and tells `observer` what the processes say; until then p2pctl is asked to wait.
    package func serve(_ supervision: any SupervisionService, observer: any HubObserver) {
        commands.push(.serve(supervision, observer), bounded: false)
    }

    /// To be called before a process is started: only a process with this token is let in under the name.
    package func expect(_ name: ProcessName, epoch: UInt64, token: [UInt8]) {
        commands.push(.expect(Incarnation(name: name, epoch: epoch), token: token), bounded: false)
    }

    /// To be called when a process was reaped: who waits for it is told, its hash jobs go to others.
    package func processEnded(_ name: ProcessName, epoch: UInt64) {
        commands.push(.ended(Incarnation(name: name, epoch: epoch)), bounded: false)
    }

    /// Publishes an event of the launcher's own.
    package func publish(_ event: SuiteEvent) {
        commands.push(.publish(event))
    }

    /// The queue of hash jobs as it is now.
    package var hashQueueReport: HashQueueReport { hashQueue.report.withLock { $0 } }

    /// Closes and removes the sockets; who still waits for an answer loses its connection.
    package func close() async {
        commands.push(.stop, bounded: false)
        for await _ in ended {}
    }
}

/// The state of the hash queue, copied for other threads.
final class HashQueueMirror: Sendable {
    let report = Mutex(HashQueueReport())
}
