import CZeroMQ
import DequeModule
import Glibc

/// The owner thread of a ``ZeroMQBus``: the only one that touches its sockets and its tables.
final class BusReactor {
    private let identity: BusIdentity
    private let addresses: BusAddresses
    private let commands: CommandQueue<BusCommand>
    private let context: ZeroMQContext
    private let hub: ZeroMQSocket
    private let monitor: ZeroMQSocket
    private let publisher: ZeroMQSocket?
    private var subscriptions: Subscriptions?

    private var asked = AskedRequests()
    private var incoming: IncomingRequests
    private var unsent: Deque<[[UInt8]]> = []
    private var isConnectionLost = false
    /// Who waits for the first handshakes, and for how long.
    private var opening: (answer: PendingAnswer, deadline: ContinuousClock.Instant)?
    private var canAsk = false
    private var canPublish: Bool

    init(
        _ addresses: BusAddresses,
        identity: BusIdentity,
        commands: CommandQueue<BusCommand>,
        opened: PendingAnswer
    ) throws(ZeroMQError) {
        self.identity = identity
        self.addresses = addresses
        self.commands = commands
        incoming = IncomingRequests(commands)
        opening = (opened, .now + .milliseconds(BusLimits.handshakeMilliseconds))
        context = try ZeroMQContext()
        hub = try ZeroMQSocket(.dealer, in: context)
        monitor = try hub.monitor(ConnectionChange.watched)
        if let routingID = identity.routingID { try hub.setRoutingID(routingID) }
        try hub.connect(addresses.requests)
        if let eventsIn = addresses.eventsIn {
            // Like a PUB, and it tells when the hub has subscribed: what is published before is lost.
            publisher = try ZeroMQSocket(.xpub, in: context)
            try publisher?.connect(eventsIn)
        } else {
            publisher = nil
        }
        canPublish = publisher == nil
    }

    /// Runs until the bus is closed.
    func run() {
        var reason = BusFault(.unavailable, "the connection to the launcher is closed")
        do throws(ZeroMQError) {
            while try turn() {}
        } catch {
            reason = BusFault(.unavailable, "the connection to the launcher broke: \(error)")
        }
        end(reason)
    }

    /// Does what is to be done and waits for more; `false` when the bus is to be closed.
    private func turn() throws(ZeroMQError) -> Bool {
        for command in commands.takeAll() {
            guard try perform(command) else { return false }
        }
        try flush()
        try receiveChanges()
        for _ in 0..<256 {
            guard let message = try hub.receive() else { break }
            receive(message)
        }
        try subscriptions?.receive()
        asked.expire(.now)
        guard try open() else { return false }
        try ZeroMQPoll.wait(
            reading: [hub, monitor] + [subscriptions?.socket, publisher].compactMap { $0 },
            writing: unsent.isEmpty ? [] : [hub],
            wake: commands.wake,
            timeout: [asked.nextDeadline, opening?.deadline].compactMap { $0 }.min().map { $0 - .now }
        )
        return true
    }

    /// Looks whether both connections stand; `false` when they took too long.
    private func open() throws(ZeroMQError) -> Bool {
        while try publisher?.receive() != nil { canPublish = true }
        guard let (answer, deadline) = opening else { return true }
        if canAsk, canPublish {
            answer.settle(.success([]))
            opening = nil
        } else if deadline <= .now {
            answer.settle(.failure(BusFault(.unavailable, "the launcher listens but does not answer; it may hang")))
            return false
        }
        return true
    }

    private func perform(_ command: BusCommand) throws(ZeroMQError) -> Bool {
        switch command {
        case .ask(let request):
            ask(request)
        case .abandon(let correlation):
            if asked.forget(correlation) { send(Envelope(.cancel, correlation: correlation)) }
        case .notify(let method, let body):
            var envelope = Envelope(.notice, correlation: 0)
            envelope.method = method
            envelope.destination = .launcher
            // A notice is news: stale when it would have to wait for room.
            if unsent.count < BusLimits.outgoingQueue { send(envelope, body) }
        case .progress(let correlation, let body):
            guard incoming.isOpen(correlation), unsent.count < BusLimits.outgoingQueue else { break }
            send(Envelope(.progress, correlation: correlation), body)
        case .answered(let correlation, let result):
            if incoming.finish(correlation) { reply(correlation, result) }
        case .publish(let topic, let body):
            guard let publisher, let name = identity.name else { break }
            let header = EventHeader(source: name.description, epoch: identity.epoch)
            _ = try publisher.send([Array(topic.rawValue.utf8), header.bytes, body])
        case .subscribe(let buffer, let topics):
            if subscriptions == nil { subscriptions = try Subscriptions(addresses.events, in: context) }
            try subscriptions?.add(buffer, topics)
        case .serve(let handler):
            incoming.handler = handler
        case .stop:
            return false
        }
        return true
    }

    private func ask(_ request: OutgoingRequest) {
        guard !isConnectionLost else {
            return request.answer.settle(
                .failure(BusFault(.unavailable, "the launcher does not answer: is it running?"))
            )
        }
        guard unsent.count < BusLimits.outgoingQueue else {
            return request.answer.settle(.failure(BusFault(.overloaded, "too many messages wait for the launcher")))
        }
        var envelope = Envelope(.request, correlation: request.correlation)
        envelope.method = request.method
        envelope.destination = request.destination
        envelope.deadline = request.deadline - .now
        asked.insert(request)
        send(envelope, request.body)
    }

    private func reply(_ correlation: UInt64, _ result: Result<[UInt8], BusFault>) {
        var envelope = Envelope(.reply, correlation: correlation)
        switch result {
        case .success(let body) where body.count > BusLimits.messageBytes:
            envelope.fault = BusFault(.failed, "the answer of \(body.count) bytes is over the limit")
            send(envelope)
        case .success(let body):
            send(envelope, body)
        case .failure(let fault):
            envelope.fault = fault
            send(envelope)
        }
    }

    private func send(_ envelope: Envelope, _ body: [UInt8] = []) {
        var envelope = envelope
        envelope.epoch = identity.epoch
        unsent.append([envelope.bytes, body])
    }

    private func flush() throws(ZeroMQError) {
        while let first = unsent.first {
            guard try hub.send(first) else { return }
            unsent.removeFirst()
        }
    }

    private func receive(_ message: ReceivedMessage) {
        guard message.parts.count == 2, message.droppedParts == 0 else { return }
        let envelope: Envelope
        do throws(EnvelopeError) {
            envelope = try Envelope(message.parts[0])
        } catch {
            // The hub is of our own build and start; what it cannot have meant is not answered.
            return
        }
        switch envelope.kind {
        case .reply:
            let result = envelope.fault.map { Result<[UInt8], BusFault>.failure($0) } ?? .success(message.parts[1])
            asked.settle(envelope.correlation, result)
        case .progress:
            asked.progress(envelope.correlation, message.parts[1])
        case .request:
            if let fault = incoming.start(envelope, message.parts[1]) { reply(envelope.correlation, .failure(fault)) }
        case .cancel:
            incoming.cancel(envelope.correlation)
        case .notice:
            return
        }
    }

    private func receiveChanges() throws(ZeroMQError) {
        while let message = try monitor.receive() {
            switch ConnectionChange(message) {
            case .made:
                isConnectionLost = false
                canAsk = true
            case .lost:
                isConnectionLost = true
                asked.failAll(BusFault(.unavailable, "the connection to the launcher was lost; is the suite running?"))
            case nil:
                continue
            }
        }
    }

    private func end(_ reason: BusFault) {
        for command in commands.close() {
            switch command {
            case .ask(let request): request.answer.settle(.failure(reason))
            case .answered(let correlation, let result): if incoming.finish(correlation) { reply(correlation, result) }
            case .subscribe(let buffer, _): buffer.finish()
            case .abandon, .notify, .progress, .publish, .serve, .stop: continue
            }
        }
        asked.failAll(reason)
        incoming.cancelAll()
        subscriptions?.finish()
        do throws(ZeroMQError) {
            try flush()
        } catch {
            // Nothing is left to be told to: the sockets close next.
            return
        }
    }
}
