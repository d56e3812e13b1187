/// The requests that this process answers, each in a task of its own.
struct IncomingRequests {
    private struct Running {
        let task: Task<Void, Never>
        var isWanted = true
    }

    private let commands: CommandQueue<BusCommand>
    private var running: [UInt64: Running] = [:]
    var handler: RequestHandler?

    init(_ commands: CommandQueue<BusCommand>) {
        self.commands = commands
    }

    func isOpen(_ correlation: UInt64) -> Bool { running[correlation]?.isWanted == true }

    /// Starts the handler; a fault when it cannot be started.
    mutating func start(_ envelope: Envelope, _ body: [UInt8]) -> BusFault? {
        let correlation = envelope.correlation
        guard running[correlation] == nil else { return BusFault(.invalid, "this request is being answered already") }
        guard running.count < BusLimits.incomingRequests else {
            return BusFault(.overloaded, "\(running.count) requests are being answered; try again later")
        }
        guard let handler else { return BusFault(.unavailable, "the process is not ready yet") }
        let request = IncomingRequest(
            method: envelope.method,
            body: body,
            source: envelope.source,
            deadline: envelope.deadline,
            progress: { [commands] in commands.push(.progress(correlation, $0)) }
        )
        let task = Task { [commands] in
            do throws(BusFault) {
                commands.push(.answered(correlation, .success(try await handler(request))), bounded: false)
            } catch {
                commands.push(.answered(correlation, .failure(error)), bounded: false)
            }
        }
        running[correlation] = Running(task: task)
        return nil
    }

    /// Whether the answer is still wanted.
    mutating func finish(_ correlation: UInt64) -> Bool {
        running.removeValue(forKey: correlation)?.isWanted == true
    }

    mutating func cancel(_ correlation: UInt64) {
        running[correlation]?.task.cancel()
        running[correlation]?.isWanted = false
    }

    func cancelAll() {
        for request in running.values { request.task.cancel() }
    }
}
