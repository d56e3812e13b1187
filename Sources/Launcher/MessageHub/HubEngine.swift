package import BusServices
package import BusTransport

/// Decides about every message that passes through the hub; a pure state machine.
///
///     message ──▶ readable? ──▶ from whom? ──▶ may they? ──▶ ┬ launcher's own service
///                    │              │             │          ├ hash queue
///                  ignored       refused       refused       └ the process named, or the least loaded of a role
///
/// It joins three tables: who is there (``SessionTable``), who waits for whom (``RequestRouter``) and the hash jobs
/// (``HashDispatcher``).
package struct HubEngine: Sendable {
    /// Numbers of hash attempts begin here, those of other requests at 1.
    private static let firstAttempt: UInt64 = 1 << 63

    private let times: HubTimes
    private var lastTick: ContinuousClock.Instant
    package private(set) var sessions = SessionTable()
    var router = RequestRouter()
    var hashing: HashDispatcher

    package init(times: HubTimes = HubTimes(), now: ContinuousClock.Instant) {
        self.times = times
        lastTick = now
        hashing = HashDispatcher(limits: times.hashing, firstAttempt: Self.firstAttempt)
    }

    package var hashQueue: HashQueueReport { hashing.report }

    /// When ``tick(_:)`` has something to do.
    package var nextDeadline: ContinuousClock.Instant? {
        [router.nextDeadline, hashing.nextDeadline, lastTick + times.heartbeat / 2].compactMap { $0 }.min()
    }

    // MARK: - What the launcher says

    package mutating func expect(
        _ process: Incarnation,
        token: [UInt8],
        now: ContinuousClock.Instant
    ) -> [HubAction] {
        guard let old = sessions.expect(process, token: token) else { return [] }
        return lost(old, "\(process.name) was started anew", now)
    }

    package mutating func ended(_ process: Incarnation, now: ContinuousClock.Instant) -> [HubAction] {
        guard let connection = sessions.ended(process) else { return [] }
        return lost(connection, "\(process.name) has ended", now)
    }

    /// The launcher's own answer to request `number`.
    package mutating func launcherAnswered(_ number: UInt64, _ result: Result<[UInt8], BusFault>) -> [HubAction] {
        guard let request = router.close(number, answeredBy: .launcher) else { return [] }
        return [answer(request, result)]
    }

    // MARK: - Messages

    /// A message that came from `connection`, its routing id taken off.
    package mutating func received(
        _ message: ReceivedMessage,
        from connection: Connection,
        now: ContinuousClock.Instant
    ) -> [HubAction] {
        let count = message.parts.count + message.droppedParts
        guard count == 2 else { return [note(connection, "a message of \(count) parts, not 2")] }
        let envelope: Envelope
        do throws(EnvelopeError) {
            envelope = try Envelope(message.parts[0])
        } catch {
            return refuse(error, connection)
        }
        let body = message.parts[1]
        switch envelope.kind {
        case .request: return request(envelope, body, connection, now)
        case .reply: return reply(envelope, body, connection, now)
        case .progress: return progress(envelope, body, connection, now)
        case .cancel: return cancel(envelope, connection, now)
        case .notice: return notice(envelope, body, connection, now)
        }
    }

    /// A message to `connection` could not be delivered: nobody is there, or it reads nothing.
    package mutating func undelivered(_ connection: Connection, now: ContinuousClock.Instant) -> [HubAction] {
        lost(connection, "\(sender(connection)) cannot be reached", now)
    }

    // MARK: - Time

    package mutating func tick(_ now: ContinuousClock.Instant) -> [HubAction] {
        let pause = now - lastTick
        lastTick = now
        if pause > times.ownPause {
            sessions.excuse(pause)
            hashing.excuse(pause)
        }
        var actions: [HubAction] = []
        for (connection, process) in sessions.hung(after: times.hung, now: now) {
            let reason = "no heartbeat for \(times.hung)"
            actions.append(.tell(.failed(process, reason: reason)))
            actions += lost(connection, "\(process.name) hangs: \(reason)", now)
        }
        for (number, request) in router.expired(now) {
            actions.append(withdraw(number, request))
            actions.append(
                answer(request, .failure(BusFault(.deadlineExceeded, "\(request.method) was not answered in time")))
            )
        }
        return actions + translate(hashing.tick(now), now)
    }
}

// MARK: - Each kind of message

extension HubEngine {
    private mutating func request(
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
        if answerer == .hasherWorker {
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

    private mutating func reply(
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

    private mutating func progress(
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

    private mutating func cancel(
        _ envelope: Envelope,
        _ connection: Connection,
        _ now: ContinuousClock.Instant
    ) -> [HubAction] {
        if let (number, request) = router.cancel(envelope.correlation, from: connection) {
            return [withdraw(number, request)]
        }
        return translate(hashing.cancel(envelope.correlation, from: connection, now: now), now)
    }

    private mutating func notice(
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

// MARK: - Inside

extension HubEngine {
    /// What the sender may do; the epoch in its messages must be the one it was let in with.
    private func authority(
        of connection: Connection,
        _ envelope: Envelope
    ) throws(BusFault) -> (role: Role, source: String) {
        switch connection {
        case .control:
            return (.control, Role.control.rawValue)
        case .launcher:
            return (.launcher, Role.launcher.rawValue)
        case .process:
            guard let process = sessions[connection]?.process else {
                throw BusFault(
                    .refused,
                    "say hello first: this connection is not, or no longer, a process of the suite"
                )
            }
            guard envelope.epoch == process.epoch else {
                throw BusFault(.refused, "\(process) sent a message of start \(envelope.epoch)")
            }
            return (process.name.role, process.name.description)
        }
    }

    private func isCurrent(_ connection: Connection, _ envelope: Envelope) -> Bool {
        guard case .process = connection, let session = sessions[connection] else { return false }
        return session.process.epoch == envelope.epoch
    }

    private func refuse(_ error: EnvelopeError, _ connection: Connection) -> [HubAction] {
        guard case .version(let version, let correlation) = error else {
            return [note(connection, "an envelope that cannot be read: \(error)")]
        }
        let fault = BusFault(
            .version,
            "a message of protocol version \(version); this launcher speaks \(Envelope.version): update the older program"
        )
        return [
            .send(connection, Envelope(.reply, correlation: correlation, fault: fault), body: []),
            note(connection, fault.message),
        ]
    }

    private mutating func lost(
        _ connection: Connection,
        _ reason: String,
        _ now: ContinuousClock.Instant
    ) -> [HubAction] {
        let (toAnswer, asked) = router.lost(connection)
        var actions = toAnswer.map { answer($0, .failure(BusFault(.unavailable, reason))) }
        actions += asked.map { withdraw($0.number, $0.request) }
        actions += translate(hashing.askerLost(connection, now: now), now)
        return actions + translate(hashing.workerLost(connection, now: now), now)
    }

    private func answer(_ request: RequestRouter.Open, _ result: Result<[UInt8], BusFault>) -> HubAction {
        switch result {
        case .success(let body):
            .send(request.asker, Envelope(.reply, correlation: request.correlation), body: body)
        case .failure(let fault):
            .send(request.asker, Envelope(.reply, correlation: request.correlation, fault: fault), body: [])
        }
    }

    private func withdraw(_ number: UInt64, _ request: RequestRouter.Open) -> HubAction {
        request.target == .launcher
            ? .cancelLauncher(number: number)
            : .send(request.target, Envelope(.cancel, correlation: number), body: [])
    }

    private func translate(_ actions: [HashAction], _ now: ContinuousClock.Instant) -> [HubAction] {
        actions.compactMap { action in
            switch action {
            case .assign(let attempt, let worker, let body, let source, let deadline):
                var envelope = Envelope(.request, correlation: attempt)
                envelope.method = HashingMethod.hash.rawValue
                envelope.source = source
                envelope.deadline = deadline
                return .send(worker, envelope, body: body)
            case .withdraw(let attempt, let worker):
                return .send(worker, Envelope(.cancel, correlation: attempt), body: [])
            case .reply(let asker, let correlation, let body):
                return .send(asker, Envelope(.reply, correlation: correlation), body: body)
            case .fail(let asker, let correlation, let fault):
                return .send(asker, Envelope(.reply, correlation: correlation, fault: fault), body: [])
            case .progress(let asker, let correlation, let body):
                return .send(asker, Envelope(.progress, correlation: correlation), body: body)
            case .changed(let report):
                return .publish(.hashJobChanged(report))
            case .distrust(let worker, let reason):
                return sessions[worker].map { .tell(.failed($0.process, reason: reason)) }
            }
        }
    }

    private func note(_ connection: Connection, _ reason: String) -> HubAction {
        .note(sender: sender(connection), reason: reason)
    }

    private func sender(_ connection: Connection) -> String {
        switch connection {
        case .launcher: Role.launcher.rawValue
        case .control: Role.control.rawValue
        case .process: sessions[connection]?.process.description ?? "a connection that has not said hello"
        }
    }
}

extension Envelope {
    fileprivate init(_ kind: Kind, correlation: UInt64, fault: BusFault) {
        self.init(kind, correlation: correlation)
        self.fault = fault
    }
}
