import BusTransport

/// The hasher-workers as the dispatcher sees them: what each has, and which may have more.
struct HashWorkers: Sendable {
    /// Jobs that one worker has at a time.
    let credits: Int
    private var records: [Connection: HashWorkerRecord] = [:]

    init(credits: Int) {
        self.credits = credits
    }

    var count: Int { records.count }
    var all: Dictionary<Connection, HashWorkerRecord>.Values { records.values }
    var byName: [(key: Connection, value: HashWorkerRecord)] { records.sorted { $0.value.name < $1.value.name } }

    /// Whether any worker may have another job.
    var haveRoom: Bool { records.values.contains(where: hasRoom) }

    subscript(worker: Connection) -> HashWorkerRecord? {
        get { records[worker] }
        set { records[worker] = newValue }
    }

    func name(of worker: Connection) -> String { records[worker]?.name ?? "" }

    /// A worker that did not fail at this job before; one that did only when there is no other at all.
    func choose(for job: HashJobRecord) -> Connection? {
        let others = records.filter { !job.failedAt.contains($0.key) && $0.value.isTrusted }
        let candidates = (others.isEmpty ? records : others).filter { hasRoom($0.value) }
        return candidates.min { ($0.value.attempts.count, $0.value.name) < ($1.value.attempts.count, $1.value.name) }?
            .key
    }

    mutating func give(_ attempt: UInt64, to worker: Connection, _ now: ContinuousClock.Instant) {
        if records[worker]?.attempts.isEmpty == true { records[worker]?.lastSign = now }
        records[worker]?.attempts.append(attempt)
    }

    mutating func takeBack(_ attempt: UInt64, from worker: Connection) {
        records[worker]?.attempts.removeAll { $0 == attempt }
    }

    /// The worker lives: it answered or told progress.
    mutating func sign(of worker: Connection, _ now: ContinuousClock.Instant) {
        records[worker]?.lastSign = now
        records[worker]?.isSilent = false
    }

    /// Counts `pause` for nobody's silence.
    mutating func excuse(_ pause: Duration) {
        for worker in records.keys { records[worker]?.lastSign += pause }
    }

    private func hasRoom(_ worker: HashWorkerRecord) -> Bool {
        worker.isTrusted && worker.attempts.count < credits
    }
}

/// One hasher-worker.
struct HashWorkerRecord: Sendable {
    let name: String
    /// Attempts it has, the oldest first.
    var attempts: [UInt64] = []
    /// When it last answered or told progress, or got its first job after being idle.
    var lastSign: ContinuousClock.Instant
    /// It had jobs and said nothing; it gets no more until it does.
    var isSilent = false
    /// It is to be replaced; it gets no more at all.
    var isDistrusted = false
    var wrongAnswers = 0

    var isTrusted: Bool { !isSilent && !isDistrusted }
}
