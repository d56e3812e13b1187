import BusServices
import BusTransport
import DequeModule
import Glibc
import Logging
import Synchronization

/// The owner thread of a ``Hub``: the only one that touches its sockets and its engine.
final class HubThread {
    private let commands: CommandQueue<HubCommand>
    private let hashQueue: HashQueueMirror
    let logger: Logger
    let processes: ZeroMQSocket
    let control: ZeroMQSocket
    let eventsIn: ZeroMQSocket
    let eventsOut: ZeroMQSocket

    var engine: HubEngine
    var gate = EventGate()
    private var launcher: LauncherRequests
    var observer: (any HubObserver)?
    var notes = NoteBudget()
    private var isStopping = false
    private var doors: [HubDoor] = []
    private var lastLook = ContinuousClock.now
    private let lookInterval: Duration
    private var checkFile: CheckFile?

    init(
        _ runFolder: String,
        _ commands: CommandQueue<HubCommand>,
        _ hashQueue: HashQueueMirror,
        _ logger: Logger,
        _ times: HubTimes,
        checksWorkers: Bool
    ) throws(BusFault) {
        self.commands = commands
        self.hashQueue = hashQueue
        self.logger = logger
        launcher = LauncherRequests(commands)
        lookInterval = times.heartbeat
        let inside = BusAddresses.processes(in: runFolder)
        let outside = BusAddresses.control(in: runFolder)
        let endpoints = [inside.requests, outside.requests, inside.eventsIn ?? "", inside.events]
        try RunFolder.prepare(runFolder)
        checkFile = checksWorkers ? CheckFile(in: runFolder) : nil
        engine = HubEngine(times: times, checks: checkFile?.checks ?? [], now: .now)
        for endpoint in endpoints { try RunFolder.clear(endpoint) }
        // Not before: the folder may be that of another launcher, whose workers are checked by its file.
        try checkFile?.write()
        do throws(ZeroMQError) {
            let context = try ZeroMQContext()
            processes = try ZeroMQSocket(.router, in: context)
            try processes.enable(.mandatory)
            try processes.enable(.handover)
            control = try ZeroMQSocket(.router, in: context)
            try control.enable(.mandatory)
            eventsIn = try ZeroMQSocket(.xsub, in: context)
            // What comes in here are subscriptions only, and topics are short.
            eventsOut = try ZeroMQSocket(.xpub, in: context, messageBytes: 64)
            try eventsOut.enable(.verboseSubscriptions)
            for (socket, endpoint) in zip([processes, control, eventsIn, eventsOut], endpoints) {
                try socket.bind(endpoint)
            }
            // All topics, always: an event is then never lost because its subscriber was too new for its publisher.
            _ = try eventsIn.send([[1]])
        } catch {
            throw BusFault(.failed, "the hub cannot be opened: \(error)")
        }
        for (socket, endpoint) in zip([processes, control, eventsIn, eventsOut], endpoints) {
            try RunFolder.protect(endpoint)
            doors.append(HubDoor(socket: socket, endpoint: endpoint))
        }
    }

    /// Runs until the hub is closed.
    func run() {
        do throws(ZeroMQError) {
            while try turn() {}
        } catch {
            logger.critical("the hub stopped working", metadata: ["error": "\(error)"])
        }
        for command in commands.close() {
            if case .launcherAnswered(let number, let result) = command {
                perform(engine.launcherAnswered(number, result))
            }
        }
        launcher.cancelAll()
        for door in doors { RunFolder.remove(door.endpoint) }
        checkFile?.remove()
    }

    private func turn() throws(ZeroMQError) -> Bool {
        obey()
        try passSubscriptions()
        try passEvents()
        try receive(control, Connection.control)
        try receive(processes, Connection.process)
        perform(engine.tick(.now))
        hashQueue.report.withLock { $0 = engine.hashQueue }
        reopenDoors()
        guard !isStopping else { return false }
        try ZeroMQPoll.wait(
            reading: [processes, control, eventsIn, eventsOut],
            wake: commands.wake,
            timeout: engine.nextDeadline.map { $0 - .now }
        )
        return true
    }

    /// Makes sockets anew whose files somebody removed or replaced; the connections they had go on meanwhile.
    private func reopenDoors() {
        guard ContinuousClock.now - lastLook >= lookInterval else { return }
        lastLook = .now
        for index in doors.indices where doors[index].isLost {
            do throws(BusFault) {
                try doors[index].reopen()
                note("the hub", "\(doors[index].endpoint) was removed, and is made anew")
            } catch {
                note("the hub", error.message)
            }
        }
    }

    /// Whether the file of the checks is as it was made.
    ///
    /// It is made anew when not; `nil` when that is not possible.
    private func reviewCheckFile() -> Bool? {
        guard let checkFile else { return nil }
        if checkFile.isIntact { return true }
        do throws(BusFault) {
            try checkFile.write()
            note("the hub", "\(checkFile.path) was changed, and is made anew")
            return false
        } catch {
            note("the hub", "workers are not checked any more: \(error.message)")
            return nil
        }
    }

    /// Does what the launcher asks.
    private func obey() {
        for command in commands.takeAll() {
            switch command {
            case .expect(let process, let token):
                perform(engine.expect(process, token: token, now: .now))
            case .ended(let process):
                perform(engine.ended(process, now: .now))
            case .publish(let event):
                publish(event)
            case .serve(let supervision, let observer):
                launcher.service = SupervisionRoutes(supervision)
                self.observer = observer
            case .launcherAnswered(let number, let result):
                launcher.finish(number)
                perform(engine.launcherAnswered(number, result))
            case .stop:
                isStopping = true
            }
        }
    }

    private func receive(_ socket: ZeroMQSocket, _ door: ([UInt8]) -> Connection) throws(ZeroMQError) {
        for _ in 0..<256 {
            guard var message = try socket.receive() else { return }
            // What the launcher said before the message came counts before it: whom to expect, who has ended.
            obey()
            guard let routingID = message.parts.first else { continue }
            message.parts.removeFirst()
            perform(engine.received(message, from: door(routingID), now: .now))
        }
    }

    private func perform(_ actions: [HubAction]) {
        var waiting = actions
        // Each round of undelivered messages cuts off a connection, so the rounds end.
        while !waiting.isEmpty {
            var more: [HubAction] = []
            for action in waiting { more += perform(action) }
            waiting = more
        }
    }

    private func perform(_ action: HubAction) -> [HubAction] {
        switch action {
        case .send(let connection, let envelope, let body):
            return send(connection, envelope, body)
        case .askLauncher(let number, let method, let body, let source, let deadline):
            launcher.start(number, method: method, body: body, source: source, deadline: deadline)
        case .cancelLauncher(let number):
            launcher.cancel(number)
        case .publish(let event):
            publish(event)
        case .tell(let observation):
            tell(observation)
        case .reviewCheckFile(let worker, let reason):
            return engine.reviewed(worker, isCheckFileIntact: reviewCheckFile(), reason: reason, now: .now)
        case .note(let sender, let reason):
            if notes.spend(.now) {
                logger.warning("message refused", metadata: ["sender": "\(sender)", "reason": "\(reason)"])
            }
        }
        return []
    }
}
