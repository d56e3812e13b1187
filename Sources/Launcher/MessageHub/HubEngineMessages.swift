import BusServices
import BusTransport

// What the engine does with each kind of message.
extension HubEngine {
    mutating func request(
        _ envelope: Envelope,
        _ body: [UInt8],
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) -> [HubAction] {
        do throws(BusFault) {
            if envelope.method == SessionMethod.hello.rawValue {
                return try hello(envelope, body, connection, now)
            }
            return try forward(envelope, body, from: try authority(of: connection, envelope), connection, now)
        } catch {
            let refusal = Envelope(.reply, correlation: envelope.correlation, fault: error)
            return [.send(connection, refusal, body: [])]
                + (error.code == .refused || error.code == .invalid ? [note(connection, error.message)] : [])
        }
    }

    private mutating func hello(
        _ envelope: Envelope,
        _ body: [UInt8],
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) throws(BusFault) -> [HubAction] {
        guard case .process = connection else {
            throw BusFault(.refused, "only a process that the launcher started may say hello")
        }
        let hello = try SessionMessages.hello(body)
        try sessions.hello(hello, from: connection, now: now)
        let answer = Envelope(.reply, correlation: envelope.correlation)
        let interval = try SessionMessages.encode(heartbeatInterval: times.heartbeat)
        return [.send(connection, answer, body: interval), .tell(.connected(hello))]
    }

    private mutating func forward(
        _ envelope: Envelope,
        _ body: [UInt8],
        from asker: (role: Role, source: String),
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) throws(BusFault) -> [HubAction] {
        let method = envelope.method
        guard let answerer = Permissions.answerer(of: method) else {
            throw BusFault(.invalid, "nobody answers \"\(method)\"")
        }
        guard Permissions.allow(asker.role, method) else {
            throw BusFault(.refused, "\(asker.source) may not ask for \(method)")
        }
        guard envelope.deadline > .zero else { throw BusFault(.deadlineExceeded, "\(method) came without a deadline") }
        if let method = HashTasksMethod(rawValue: method) {
            return try answerAboutTasks(method, body, envelope, connection, now)
        }
        if answerer == .hasherWorker {
            guard method == HashingMethod.hash.rawValue else {
                throw BusFault(.invalid, "nobody answers \"\(method)\"")
            }
            guard envelope.destination == .any(.hasherWorker) else {
                throw BusFault(.invalid, "hash jobs go to any hasher-worker, not to a certain one")
            }
            let actions = hashing.submit(
                body,
                from: connection,
                source: asker.source,
                correlation: envelope.correlation,
                deadline: envelope.deadline,
                now: now
            )
            return translate(actions, now)
        }
        let target = try target(envelope.destination, answerer)
        let open = RequestRouter.Open(
            asker: connection,
            correlation: envelope.correlation,
            target: target,
            method: method
        )
        let number = try router.insert(open, deadline: now + envelope.deadline)
        if target == .launcher {
            return [
                .askLauncher(
                    number: number,
                    method: method,
                    body: body,
                    source: asker.source,
                    deadline: envelope.deadline
                )
            ]
        }
        var passedOn = Envelope(.request, correlation: number)
        passedOn.method = method
        passedOn.source = asker.source
        passedOn.deadline = envelope.deadline
        return [.send(target, passedOn, body: body)]
    }

    /// The hub keeps the tasks, so it answers itself.
    private mutating func answerAboutTasks(
        _ method: HashTasksMethod,
        _ body: [UInt8],
        _ envelope: Envelope,
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) throws(BusFault) -> [HubAction] {
        guard envelope.destination == .launcher else {
            throw BusFault(.invalid, "\(method.rawValue) is asked of the launcher")
        }
        let answer = Envelope(.reply, correlation: envelope.correlation)
        switch method {
        case .tasks:
            return [.send(connection, answer, body: try HashTaskMessages.encode(hashing.taskList(now)))]
        case .cancel:
            let (status, actions) = try hashing.cancelTask(HashTaskMessages.number(body), now: now)
            let reply = HubAction.send(connection, answer, body: try HashTaskMessages.encode(cancelled: status))
            return translate(actions, now) + [reply]
        }
    }

    private func target(_ destination: Destination?, _ answerer: Role) throws(BusFault) -> Connection {
        switch destination {
        case .launcher where answerer == .launcher:
            return .launcher
        case .process(let name) where name.role == answerer:
            guard let connection = sessions.connection(of: name), sessions[connection]?.isReady == true else {
                throw BusFault(.unavailable, "\(name) is not ready")
            }
            return connection
        case .any(answerer):
            // `min` takes the first of equals, and they are in the order of their names.
            let ready = sessions.ready(answerer)
            guard let best = ready.min(by: { load($0) < load($1) }) else {
                throw BusFault(.unavailable, "no \(answerer.rawValue) is ready")
            }
            return best.connection
        case .launcher, .process, .any, nil:
            throw BusFault(.invalid, "the destination does not answer such requests")
        }
    }

    private func load(_ entry: (connection: Connection, session: SessionTable.Session)) -> Int {
        entry.session.load + router.load(of: entry.connection)
    }

    mutating func reply(
        _ envelope: Envelope,
        _ body: [UInt8],
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) -> [HubAction] {
        guard isCurrent(connection, envelope) else { return [note(connection, "an answer from a start that is over")] }
        let result = envelope.fault.map { Result<[UInt8], BusFault>.failure($0) } ?? .success(body)
        if envelope.correlation >= Self.firstAttempt {
            return translate(hashing.answered(envelope.correlation, by: connection, result, now: now), now)
        }
        // An answer that nobody waits for any more is late, double or somebody else's.
        guard let request = router.close(envelope.correlation, answeredBy: connection) else { return [] }
        return [answer(request, result)]
    }

    mutating func progress(
        _ envelope: Envelope,
        _ body: [UInt8],
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) -> [HubAction] {
        guard isCurrent(connection, envelope) else { return [note(connection, "progress from a start that is over")] }
        if envelope.correlation >= Self.firstAttempt {
            return translate(hashing.progressed(envelope.correlation, by: connection, body, now: now), now)
        }
        guard let request = router.find(envelope.correlation, answeredBy: connection) else { return [] }
        return [.send(request.asker, Envelope(.progress, correlation: request.correlation), body: body)]
    }

    mutating func cancel(
        _ envelope: Envelope,
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) -> [HubAction] {
        if let (number, request) = router.cancel(envelope.correlation, from: connection) {
            return [withdraw(number, request)]
        }
        return translate(hashing.cancel(envelope.correlation, from: connection, now: now), now)
    }

    mutating func notice(
        _ envelope: Envelope,
        _ body: [UInt8],
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) -> [HubAction] {
        guard isCurrent(connection, envelope), let process = sessions[connection]?.process else {
            return [note(connection, "a notice from nobody who is known")]
        }
        do throws(BusFault) {
            switch SessionMethod(rawValue: envelope.method) {
            case .ready:
                let endpoints = try SessionMessages.endpoints(body)
                sessions.ready(connection, now: now)
                return [.tell(.ready(process, endpoints))] + joinIfWorker(connection, process, now)
            case .heartbeat:
                let load = try SessionMessages.load(body)
                sessions.heartbeat(connection, load: load, now: now)
                return [.tell(.beat(process, load: load))] + joinIfWorker(connection, process, now)
            case .hello, nil:
                return [note(connection, "a notice called \"\(envelope.method)\"")]
            }
        } catch {
            return [note(connection, error.message)]
        }
    }

    /// A ready worker takes jobs, also again after it could not be reached for a while.
    private mutating func joinIfWorker(
        _ connection: Connection,
        _ process: Incarnation,
        _ now: ContinuousClock.Instant
    ) -> [HubAction] {
        guard process.name.role == .hasherWorker, sessions[connection]?.isReady == true else { return [] }
        return translate(hashing.workerJoined(connection, name: process.name.description, now: now), now)
    }
}
