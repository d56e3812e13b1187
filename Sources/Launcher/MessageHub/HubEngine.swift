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
    static let firstAttempt: UInt64 = 1 << 63

    let times: HubTimes
    private var lastTick: ContinuousClock.Instant
    private var lastLook: ContinuousClock.Instant
    package var sessions = SessionTable()
    var router = RequestRouter()
    var hashing: HashDispatcher

    /// Without `checks`, hasher-workers are taken at their word.
    package init(times: HubTimes = HubTimes(), checks: [HashCheck] = [], now: ContinuousClock.Instant) {
        self.times = times
        lastTick = now
        lastLook = now
        hashing = HashDispatcher(limits: times.hashing, checks: checks, firstAttempt: Self.firstAttempt)
    }

    package var hashQueue: HashQueueReport { hashing.report }

    /// When ``tick(_:)`` has something to do.
    package var nextDeadline: ContinuousClock.Instant? {
        [router.nextDeadline, hashing.nextDeadline, lastLook + times.heartbeat / 2].compactMap { $0 }.min()
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

    /// Whether the file of the checks is as it was made; without one, workers are not checked any more.
    package mutating func reviewed(
        _ worker: Connection,
        isCheckFileIntact: Bool?,
        reason: String,
        now: ContinuousClock.Instant
    ) -> [HubAction] {
        let actions =
            isCheckFileIntact.map { hashing.reviewed(worker, isFileIntact: $0, reason: reason, now: now) }
            ?? hashing.endChecks(now: now)
        return translate(actions, now)
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
            sessions.excuse(pause, now: now)
            hashing.excuse(pause, now: now)
        }
        var actions: [HubAction] = []
        if now - lastLook >= times.heartbeat / 2 {
            lastLook = now
            actions += cutOffHung(now)
        }
        for (number, request) in router.expired(now) {
            actions.append(withdraw(number, request))
            actions.append(
                answer(request, .failure(BusFault(.deadlineExceeded, "\(request.method) was not answered in time")))
            )
        }
        return actions + translate(hashing.tick(now), now)
    }

    private mutating func cutOffHung(_ now: ContinuousClock.Instant) -> [HubAction] {
        var actions: [HubAction] = []
        for (connection, process) in sessions.hung(after: times.hung, now: now) {
            let reason = "no heartbeat for \(times.hung)"
            actions.append(.tell(.failed(process, reason: reason)))
            actions += lost(connection, "\(process.name) hangs: \(reason)", now)
        }
        return actions
    }
}

// MARK: - Inside

extension HubEngine {
    /// What the sender may do; the epoch in its messages must be the one it was let in with.
    func authority(
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

    func isCurrent(_ connection: Connection, _ envelope: Envelope) -> Bool {
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

    mutating func lost(
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

    func answer(_ request: RequestRouter.Open, _ result: Result<[UInt8], BusFault>) -> HubAction {
        switch result {
        case .success(let body):
            .send(request.asker, Envelope(.reply, correlation: request.correlation), body: body)
        case .failure(let fault):
            .send(request.asker, Envelope(.reply, correlation: request.correlation, fault: fault), body: [])
        }
    }

    func withdraw(_ number: UInt64, _ request: RequestRouter.Open) -> HubAction {
        request.target == .launcher
            ? .cancelLauncher(number: number)
            : .send(request.target, Envelope(.cancel, correlation: number), body: [])
    }

    func translate(_ actions: [HashAction], _ now: ContinuousClock.Instant) -> [HubAction] {
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
            case .task(let status):
                return .publish(.hashTaskChanged(status))
            case .review(let worker, let reason):
                return .reviewCheckFile(worker: worker, reason: reason)
            case .distrust(let worker, let reason):
                return sessions[worker].map { .tell(.failed($0.process, reason: reason)) }
            }
        }
    }

    func note(_ connection: Connection, _ reason: String) -> HubAction {
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
    init(_ kind: Kind, correlation: UInt64, fault: BusFault) {
        self.init(kind, correlation: correlation)
        self.fault = fault
    }
}
