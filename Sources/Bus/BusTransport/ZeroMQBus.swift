import CZeroMQ
import DequeModule
import Glibc
import Synchronization

/// The connection of a real process to the hub of its suite.
///
///     tasks ── commands (bounded) ──▶ owner thread ── DEALER ⇄ hub ROUTER
///           ◀── continuations ───────             ── XPUB ─▶ hub XSUB,  SUB ◀─ hub XPUB
///
/// The sockets belong to one thread, which waits in `zmq_poll` on them and on an eventfd. Answers resume the
/// waiting tasks straight from that thread.
package final class ZeroMQBus: Bus {
    private let commands: CommandQueue<BusCommand>
    private let correlations = Atomic<UInt64>(1)
    private let ended: PendingAnswer

    private init(commands: CommandQueue<BusCommand>, ended: PendingAnswer) {
        self.commands = commands
        self.ended = ended
    }

    deinit {
        commands.push(.stop, bounded: false)
    }

    /// Connects to the hub of a suite, and returns when both sides have shaken hands.
    ///
    /// Throws ``BusFault/Code/unavailable`` at once when nobody listens there.
    ///
    /// - Parameters:
    ///   - addresses: where the hub is reached.
    ///   - token: the secret of this start of this process, the same as in its hello; `nil` for p2pctl.
    ///   - name: what events of this process name as their source; `nil` for p2pctl.
    ///   - epoch: how often the process was started; 0 for p2pctl.
    /// - Returns: the connection, whose first message must be a hello when there is a token.
    /// - Throws: ``BusFault``, with a sentence that says what to do.
    package static func connect(
        _ addresses: BusAddresses,
        token: [UInt8]? = nil,
        name: ProcessName? = nil,
        epoch: UInt64 = 0
    ) async throws(BusFault) -> ZeroMQBus {
        try LocalSocket.reach(addresses.requests)
        let ended = PendingAnswer()
        let opened = PendingAnswer()
        let commands: CommandQueue<BusCommand>
        do throws(ZeroMQError) {
            commands = try CommandQueue()
            let identity = BusIdentity(routingID: token.map(BusIdentity.routingID), name: name, epoch: epoch)
            try OwnerThread.start {
                do throws(ZeroMQError) {
                    try BusReactor(addresses, identity: identity, commands: commands, opened: opened).run()
                } catch {
                    opened.settle(.failure(BusFault(.unavailable, "the bus cannot be opened: \(error)")))
                }
                opened.settle(.failure(BusFault(.unavailable, "the connection to the launcher broke")))
                ended.settle(.success([]))
            }
        } catch {
            throw BusFault(.unavailable, "the bus cannot be opened: \(error)")
        }
        let bus = ZeroMQBus(commands: commands, ended: ended)
        _ = try await opened.value().get()
        return bus
    }

    package func request(
        _ method: String,
        to destination: Destination,
        body: [UInt8],
        deadline: Duration,
        onProgress: (@Sendable ([UInt8]) -> Void)?
    ) async throws(BusFault) -> [UInt8] {
        guard body.count <= BusLimits.messageBytes else {
            throw BusFault(.invalid, "a request of \(body.count) bytes is over the limit of \(BusLimits.messageBytes)")
        }
        let answer = PendingAnswer()
        let correlation = correlations.wrappingAdd(1, ordering: .relaxed).oldValue
        let request = OutgoingRequest(
            correlation: correlation,
            method: method,
            destination: destination,
            body: body,
            deadline: .now + min(deadline, BusLimits.deadline),
            onProgress: onProgress,
            answer: answer
        )
        switch commands.push(.ask(request)) {
        case .full: throw BusFault(.overloaded, "too many messages wait to leave this process; try again later")
        case .closed: throw BusFault(.unavailable, "the connection to the launcher is closed")
        case nil: break
        }
        let result = await answer.value()
        if case .failure(let fault) = result, fault.code == .cancelled {
            commands.push(.abandon(correlation), bounded: false)
        }
        return try result.get()
    }

    package func notify(_ method: String, body: [UInt8]) {
        commands.push(.notify(method: method, body: body))
    }

    package func publish(_ topic: Topic, body: [UInt8]) {
        commands.push(.publish(topic, body))
    }

    package func events(_ topics: Set<Topic>) -> AsyncStream<BusEvent> {
        let buffer = EventBuffer(topics)
        if commands.push(.subscribe(buffer, topics), bounded: false) != nil { buffer.finish() }
        return buffer.stream
    }

    package func serve(_ handler: @escaping RequestHandler) {
        commands.push(.serve(handler), bounded: false)
    }

    /// Fails all who wait, ends the streams, sends what is still to be sent for a bounded time, ends the thread.
    package func close() async {
        commands.push(.stop, bounded: false)
        await Task { [ended] in _ = await ended.value() }.value
    }
}

/// Who a connection says it is.
struct BusIdentity: Sendable {
    /// What the hub's ROUTER knows the connection by, also after it was lost and made anew.
    let routingID: [UInt8]?
    let name: ProcessName?
    let epoch: UInt64

    /// The secret itself is the routing id: who does not know it cannot take the connection's place.
    ///
    /// A routing id must not begin with zero, hence the letter.
    static func routingID(_ token: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "p")] + token.prefix(128)
    }
}
