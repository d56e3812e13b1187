import BusServices
import BusTransport

/// The hasher-workers: what each has, and which may have more.
struct HashWorkers: Sendable {
    private let limits: HashLimits
    private var records: [Connection: HashWorkerRecord] = [:]

    init(limits: HashLimits) {
        self.limits = limits
    }

    var count: Int { records.count }
    var all: Dictionary<Connection, HashWorkerRecord>.Values { records.values }
    var byName: [(key: Connection, value: HashWorkerRecord)] { records.sorted { $0.value.name < $1.value.name } }

    subscript(worker: Connection) -> HashWorkerRecord? {
        get { records[worker] }
        set { records[worker] = newValue }
    }

    func name(of worker: Connection) -> String { records[worker]?.name ?? "" }

    /// Whether anybody else could do what `avoided` should not.
    func haveTrusted(besides avoided: Set<Connection>) -> Bool {
        records.contains { $0.value.isTrusted && !avoided.contains($0.key) }
    }

    /// Those that may have one more job, the least busy first.
    func withRoom(for priority: HashJob.Priority) -> [Connection] {
        records.filter { $0.value.hasRoom(for: priority, limits) }
            .sorted { ($0.value.held.count, $0.value.name) < ($1.value.held.count, $1.value.name) }
            .map(\.key)
    }

    /// What the trusted workers but `worker` do in a second, the one in the middle; `nil` when nobody knows.
    func usualSpeed(besides worker: Connection) -> Double? {
        let speeds = records.compactMap { $0.key == worker || !$0.value.isTrusted ? nil : $0.value.bytesPerSecond }
        return speeds.isEmpty ? nil : speeds.sorted()[(speeds.count - 1) / 2]
    }

    /// The worker lives: something came from it.
    mutating func sign(of worker: Connection, _ now: ContinuousClock.Instant) {
        records[worker]?.lastSign = now
        records[worker]?.isSilent = false
    }

    /// Counts `pause` for nobody's silence.
    mutating func excuse(_ pause: Duration, now: ContinuousClock.Instant) {
        for worker in records.keys { records[worker]?.excuse(pause, now: now) }
    }
}
