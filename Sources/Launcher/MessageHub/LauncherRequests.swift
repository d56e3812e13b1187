import BusServices
import BusTransport

/// The requests that the launcher's own service answers, each in a task of its own.
struct LauncherRequests {
    private static let maximum = 64

    private let commands: CommandQueue<HubCommand>
    private var tasks: [UInt64: Task<Void, Never>] = [:]
    var service: SupervisionRoutes?

    init(_ commands: CommandQueue<HubCommand>) {
        self.commands = commands
    }

    mutating func start(_ number: UInt64, method: String, body: [UInt8], source: String, deadline: Duration) {
        guard let service, tasks.count < Self.maximum else {
            let fault =
                service == nil
                ? BusFault(.unavailable, "the launcher is just starting; try again in a moment")
                : BusFault(.overloaded, "\(Self.maximum) requests to the launcher are open; try again later")
            commands.push(.launcherAnswered(number, .failure(fault)), bounded: false)
            return
        }
        let request = IncomingRequest(method: method, body: body, source: source, deadline: deadline) { _ in }
        tasks[number] = Task { [commands] in
            do throws(BusFault) {
                guard let reply = try await service.handle(request) else {
                    throw BusFault(.invalid, "the launcher does not answer \(method)")
                }
                commands.push(.launcherAnswered(number, .success(reply)), bounded: false)
            } catch {
                commands.push(.launcherAnswered(number, .failure(error)), bounded: false)
            }
        }
    }

    mutating func finish(_ number: UInt64) {
        tasks[number] = nil
    }

    func cancel(_ number: UInt64) {
        tasks[number]?.cancel()
    }

    func cancelAll() {
        for task in tasks.values { task.cancel() }
    }
}

/// How many log lines about refused messages a second are worth writing: a flood must not become a flood of lines.
struct NoteBudget {
    private static let perSecond = 10

    private var second = ContinuousClock.now
    private var spent = 0

    mutating func spend(_ now: ContinuousClock.Instant) -> Bool {
        if now - second >= .seconds(1) {
            second = now
            spent = 0
        }
        spent += 1
        return spent <= Self.perSecond
    }
}
