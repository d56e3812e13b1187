import BusServices

/// One hasher-worker as the dispatcher sees it.
///
///     held   │ interactive 8 │ 9 │ bulk 4 │ 5 │      the first is what it works on
struct HashWorkerRecord: Sendable {
    struct Held: Sendable {
        let attempt: UInt64
        let priority: HashJob.Priority
        let bytes: Int
    }

    struct RunningCheck: Sendable {
        let attempt: UInt64
        let check: HashCheck
    }

    /// Jobs from this size on tell something about the speed of a worker, in bytes.
    private static let measured = 1 << 20

    let name: String
    private(set) var held: [Held] = []
    /// Since when the first of ``held`` is the first.
    private(set) var headSince: ContinuousClock.Instant
    /// When the first of ``held`` last moved on.
    private(set) var headSign: ContinuousClock.Instant
    /// When anything last moved on, or it got its first job after being idle.
    var lastSign: ContinuousClock.Instant
    /// When to look whether it is slow.
    var nextLook: ContinuousClock.Instant
    /// Smoothed; `nil` until it has done something worth measuring.
    private(set) var bytesPerSecond: Double?
    /// It had jobs and said nothing; it gets no more until it does.
    var isSilent = false
    /// It is to be replaced; it gets no more at all.
    var isDistrusted = false
    /// It passed its first check, or there are none.
    var isProven: Bool
    var wrongAnswers = 0
    /// The check it has now.
    var check: RunningCheck?
    var jobsUntilCheck = 0
    var lastCheck: ContinuousClock.Instant
    /// Tasks for which it hashed, since its last check, what nobody else can vouch for.
    var unverifiedTasks: Set<UInt64> = []

    init(name: String, isProven: Bool, now: ContinuousClock.Instant) {
        self.name = name
        self.isProven = isProven
        headSince = now
        headSign = now
        lastSign = now
        nextLook = now
        lastCheck = now
    }

    var isTrusted: Bool { isProven && !isSilent && !isDistrusted }
    var isBusy: Bool { !held.isEmpty || check != nil }
    var head: Held? { held.first }

    func hasRoom(for priority: HashJob.Priority, _ limits: HashLimits) -> Bool {
        guard isTrusted else { return false }
        let interactive = held.prefix { $0.priority == .interactive }.count
        switch priority {
        case .interactive:
            return interactive < limits.interactive
        case .bulk:
            let bulk = held.dropFirst(interactive)
            return bulk.count < limits.credits.lowerBound
                || bulk.count < limits.credits.upperBound
                    && bulk.reduce(0) { $0 &+ $1.bytes } < limits.bytesAhead
        }
    }

    mutating func give(_ job: Held, _ now: ContinuousClock.Instant) {
        if !isBusy { lastSign = now }
        let index = job.priority == .bulk ? held.endIndex : held.prefix { $0.priority == .interactive }.count
        held.insert(job, at: index)
        if index == 0 { newHead(now) }
    }

    mutating func give(_ check: RunningCheck, _ now: ContinuousClock.Instant) {
        if !isBusy { lastSign = now }
        self.check = check
        lastCheck = now
    }

    mutating func takeBack(_ attempt: UInt64, _ now: ContinuousClock.Instant) {
        guard let index = held.firstIndex(where: { $0.attempt == attempt }) else { return }
        held.remove(at: index)
        if index == 0 { newHead(now) }
    }

    /// It hashed the bytes of an attempt that it holds; to be called before it is taken back.
    mutating func finished(_ attempt: UInt64, _ now: ContinuousClock.Instant) {
        guard let head, head.attempt == attempt, head.bytes >= Self.measured else { return }
        let speed = Double(head.bytes) / max((now - headSince) / .seconds(1), 1e-6)
        bytesPerSecond = bytesPerSecond.map { $0 * 0.75 + speed * 0.25 } ?? speed
    }

    mutating func moved(_ attempt: UInt64, _ now: ContinuousClock.Instant) {
        lastSign = now
        isSilent = false
        if head?.attempt == attempt { headSign = now }
    }

    mutating func passedCheck(next: Int, _ now: ContinuousClock.Instant) {
        check = nil
        isProven = true
        jobsUntilCheck = next
        unverifiedTasks = []
    }

    /// Moves its times on by a pause that was not its own; what came after the pause stays.
    mutating func excuse(_ pause: Duration, now: ContinuousClock.Instant) {
        headSince = min(headSince + pause, now)
        headSign = min(headSign + pause, now)
        lastSign = min(lastSign + pause, now)
        nextLook = min(nextLook + pause, now)
        lastCheck = min(lastCheck + pause, now)
    }

    private mutating func newHead(_ now: ContinuousClock.Instant) {
        headSince = now
        headSign = now
    }
}
