import BusServices

/// The life of one process name as the launcher sees it: an event in, actions out.
///
///              spawned, ready           ended by itself
///     down ──▶ starting ──▶ ready ──────────────┬──▶ waiting ──(back-off)──▶ starting
///      ▲           │          │ stop, restart   └──▶ failed   (five times in a minute)
///      └───────────┴─ stopping ◀
///
/// - Units: moments as durations since the launcher's start.
struct ChildMachine: Sendable {
    enum Phase: Hashable {
        case down
        case starting(since: Duration)
        case ready(since: Duration)
        case stopping(since: Duration, startAgain: Bool)
        case waiting(until: Duration)
        case failed
    }

    enum Event: Hashable {
        case start
        case stop
        case restart
        case spawned(pid: Int32, epoch: UInt64)
        case ready(epoch: UInt64, Endpoints)
        case beat(epoch: UInt64, load: Int)
        /// The hub cut it off: it hangs, or answers wrongly.
        case broken(epoch: UInt64, reason: String)
        /// Reaped, or never spawned.
        case ended(epoch: UInt64, reason: String)
        /// A moment named by ``ChildMachine/deadline`` came.
        case tick
    }

    enum Action: Hashable {
        case spawn(epoch: UInt64)
        case terminate(pid: Int32)
        case kill(pid: Int32)
        /// What others see of it changed.
        case report
    }

    /// How long a process may load its state.
    static let readinessTimeout = Duration.seconds(30)
    /// A process ends itself within five seconds of being asked; after this it is killed.
    static let stopTimeout = Duration.seconds(6)

    private(set) var phase = Phase.down
    /// Counts the starts.
    private(set) var epoch: UInt64 = 0
    /// While it runs.
    private(set) var pid: Int32?
    private(set) var endpoints = Endpoints()
    private(set) var load = 0
    private(set) var lastExit = ""
    private(set) var startedAt = Duration.zero

    private var policy = RestartPolicy()
    /// Why we killed it, if we did: says more than the signal.
    private var killReason: String?

    /// When the next ``Event/tick`` is due.
    var deadline: Duration? {
        switch phase {
        case .starting(let since): killReason == nil ? since + Self.readinessTimeout : nil
        case .stopping(let since, _): killReason == nil ? since + Self.stopTimeout : nil
        case .waiting(let until): until
        case .down, .ready, .failed: nil
        }
    }

    mutating func handle(
        _ event: Event,
        at now: Duration,
        using random: inout some RandomNumberGenerator
    ) -> [Action] {
        switch event {
        case .start: start(at: now)
        case .stop: stop(at: now, startAgain: false)
        case .restart: stop(at: now, startAgain: true)
        case .spawned(let pid, let epoch): epoch == self.epoch ? spawned(pid) : [.kill(pid: pid)]
        case .ready(let epoch, let endpoints): epoch == self.epoch ? becameReady(endpoints, at: now) : []
        case .beat(let epoch, let load): epoch == self.epoch ? beat(load) : []
        case .broken(let epoch, let reason): epoch == self.epoch ? broke(reason) : []
        case .ended(let epoch, let reason):
            epoch == self.epoch ? ended(reason, at: now, using: &random) : []
        case .tick: tick(at: now)
        }
    }
}

extension ChildMachine {
    private mutating func start(at now: Duration) -> [Action] {
        switch phase {
        case .down, .waiting, .failed:
            if phase == .failed { policy = RestartPolicy() }
            return spawn(at: now)
        case .stopping(let since, _):
            phase = .stopping(since: since, startAgain: true)
            return []
        case .starting, .ready:
            return []
        }
    }

    private mutating func stop(at now: Duration, startAgain: Bool) -> [Action] {
        switch phase {
        case .starting, .ready:
            phase = .stopping(since: now, startAgain: startAgain)
            // Without a pid it is just being spawned, and told as soon as it is there.
            return [.report] + (pid.map { [.terminate(pid: $0)] } ?? [])
        case .stopping(let since, _):
            phase = .stopping(since: since, startAgain: startAgain)
            return []
        case .down, .waiting, .failed:
            guard startAgain else {
                phase = .down
                return [.report]
            }
            policy = RestartPolicy()
            return spawn(at: now)
        }
    }

    private mutating func spawn(at now: Duration) -> [Action] {
        epoch += 1
        phase = .starting(since: now)
        startedAt = now
        killReason = nil
        return [.spawn(epoch: epoch), .report]
    }

    private mutating func spawned(_ pid: Int32) -> [Action] {
        self.pid = pid
        switch phase {
        case .stopping: return [.terminate(pid: pid), .report]
        case .starting, .ready: return [.report]
        case .down, .waiting, .failed: return []
        }
    }

    private mutating func becameReady(_ endpoints: Endpoints, at now: Duration) -> [Action] {
        guard case .starting = phase else { return [] }
        phase = .ready(since: now)
        self.endpoints = endpoints
        return [.report]
    }

    private mutating func beat(_ load: Int) -> [Action] {
        guard load != self.load else { return [] }
        self.load = load
        return [.report]
    }

    private mutating func broke(_ reason: String) -> [Action] {
        switch phase {
        case .starting, .ready, .stopping:
            guard killReason == nil, let pid else { return [] }
            killReason = reason
            return [.kill(pid: pid)]
        case .down, .waiting, .failed:
            return []
        }
    }

    private mutating func ended(
        _ reason: String,
        at now: Duration,
        using random: inout some RandomNumberGenerator
    ) -> [Action] {
        pid = nil
        load = 0
        endpoints = Endpoints()
        lastExit = killReason ?? reason
        killReason = nil
        switch phase {
        case .stopping(_, startAgain: false):
            phase = .down
            return [.report]
        case .stopping(_, startAgain: true):
            return spawn(at: now)
        case .starting, .ready:
            switch policy.ended(at: now, ran: now - startedAt, using: &random) {
            case .startAgain(let moment): phase = .waiting(until: moment)
            case .giveUp: phase = .failed
            }
            return [.report]
        case .down, .waiting, .failed:
            return []
        }
    }

    private mutating func tick(at now: Duration) -> [Action] {
        guard let deadline, deadline <= now else { return [] }
        switch phase {
        case .starting:
            return broke("not ready within \(Self.readinessTimeout)")
        case .stopping:
            return broke("did not end when asked")
        case .waiting:
            return spawn(at: now)
        case .down, .ready, .failed:
            return []
        }
    }
}
