import Synchronization

/// A hub inside one process, for tests: participants with names, routed as between processes.
///
///     let network = InMemoryNetwork()
///     let worker = network.join(ProcessName(role: .hasherWorker, number: 1))
///     worker.serve(HashingRoutes(service)…)
///     let digests = try await HashingClient(network.joinAsControl()).hash(…)
package final class InMemoryNetwork: Sendable {
    private struct State {
        var handlers: [ProcessName: RequestHandler] = [:]
        var open: [ProcessName: [ObjectIdentifier: PendingAnswer]] = [:]
        var turns: [Role: Int] = [:]
        var sequences: [Topic: UInt64] = [:]
        var readers: [EventBuffer] = []
    }

    private let state = Mutex(State())

    package init() {}

    package func join(_ name: ProcessName) -> InMemoryBus {
        InMemoryBus(network: self, name: name)
    }

    /// A participant like p2pctl, which nobody can ask.
    package func joinAsControl() -> InMemoryBus {
        InMemoryBus(network: self, name: nil)
    }

    func serve(_ name: ProcessName, _ handler: @escaping RequestHandler) {
        state.withLock { $0.handlers[name] = handler }
    }

    /// Takes a participant away; whoever waits for it is told.
    func leave(_ name: ProcessName) {
        let open = state.withLock { state in
            state.handlers[name] = nil
            return state.open.removeValue(forKey: name) ?? [:]
        }
        for answer in open.values { answer.settle(.failure(BusFault(.unavailable, "\(name) has ended"))) }
    }

    /// Chooses who answers; of a role, each in turn.
    func target(_ destination: Destination) throws(BusFault) -> (name: ProcessName, handler: RequestHandler) {
        let found = state.withLock { state -> (ProcessName, RequestHandler)? in
            switch destination {
            case .launcher:
                let name = ProcessName(role: .launcher, number: 1)
                return state.handlers[name].map { (name, $0) }
            case .process(let name):
                return state.handlers[name].map { (name, $0) }
            case .any(let role):
                let names = state.handlers.keys.filter { $0.role == role }.sorted()
                guard !names.isEmpty else { return nil }
                let turn = state.turns[role, default: 0]
                state.turns[role] = turn &+ 1
                let name = names[turn % names.count]
                return state.handlers[name].map { (name, $0) }
            }
        }
        guard let found else { throw BusFault(.unavailable, "no \(destination) is ready") }
        return found
    }

    func track(_ answer: PendingAnswer, of name: ProcessName) {
        state.withLock { $0.open[name, default: [:]][ObjectIdentifier(answer)] = answer }
        answer.whenSettled { [self] in
            state.withLock { _ = $0.open[name]?.removeValue(forKey: ObjectIdentifier(answer)) }
        }
    }

    func publish(_ topic: Topic, source: String, body: [UInt8]) {
        let (sequence, readers) = state.withLock { state in
            state.sequences[topic, default: 0] += 1
            state.readers.removeAll { $0.isFinished }
            return (state.sequences[topic, default: 0], state.readers)
        }
        for reader in readers {
            reader.push(.event(topic: topic, sequence: sequence, source: source, timeMilliseconds: 0, body: body))
        }
    }

    func subscribe(_ reader: EventBuffer) {
        state.withLock { $0.readers.append(reader) }
        reader.push(.live)
    }
}

/// One participant of an ``InMemoryNetwork``.
package final class InMemoryBus: Bus {
    private let network: InMemoryNetwork
    private let name: ProcessName?
    private let readers = Mutex<[EventBuffer]>([])

    init(network: InMemoryNetwork, name: ProcessName?) {
        self.network = network
        self.name = name
    }

    private var source: String { name?.description ?? Role.control.rawValue }

    package func request(
        _ method: String,
        to destination: Destination,
        body: [UInt8],
        deadline: Duration,
        onProgress: (@Sendable ([UInt8]) -> Void)?
    ) async throws(BusFault) -> [UInt8] {
        let target = try network.target(destination)
        let answer = PendingAnswer()
        network.track(answer, of: target.name)
        let request = IncomingRequest(
            method: method,
            body: body,
            source: source,
            deadline: deadline,
            progress: { onProgress?($0) }
        )
        let work = Task {
            do throws(BusFault) {
                answer.settle(.success(try await target.handler(request)))
            } catch {
                answer.settle(.failure(error))
            }
        }
        let timer = Task {
            do {
                try await Task.sleep(for: deadline)
                answer.settle(.failure(BusFault(.deadlineExceeded, "\(method) was not answered within \(deadline)")))
            } catch {
                // The answer came first.
                return
            }
        }
        answer.whenSettled {
            work.cancel()
            timer.cancel()
        }
        return try await answer.value().get()
    }

    /// Notices go to the participant that plays the launcher, as requests whose answer nobody waits for.
    package func notify(_ method: String, body: [UInt8]) {
        Task {
            do {
                _ = try await request(method, to: .launcher, body: body, deadline: .seconds(10), onProgress: nil)
            } catch {
                // Nobody plays the launcher in this test, or it does not care.
                return
            }
        }
    }

    package func publish(_ topic: Topic, body: [UInt8]) {
        network.publish(topic, source: source, body: body)
    }

    package func events(_ topics: Set<Topic>) -> AsyncStream<BusEvent> {
        let reader = EventBuffer(topics)
        readers.withLock { $0.append(reader) }
        network.subscribe(reader)
        return reader.stream
    }

    package func serve(_ handler: @escaping RequestHandler) {
        guard let name else { preconditionFailure("control answers no requests") }
        network.serve(name, handler)
    }

    /// Leaves the network as a process that ends: whoever waits for an answer is told, streams end.
    package func close() {
        if let name { network.leave(name) }
        for reader in readers.withLock({ $0 }) { reader.finish() }
    }
}
