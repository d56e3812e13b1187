import BusServices
import BusTransport
import DequeModule

/// The tasks that hash jobs are parts of: what runs, what ended lately, and what a person has cancelled.
///
///     first part ──▶ waiting ⇄ running ──▶ done        all bytes are hashed
///                                     ├──▶ cancelled   by a person, or its asker took back the last part
///                                     └──▶ failed      its asker ended, or sent no part for a while
struct HashTasks: Sendable {
    /// How a job of a task ends.
    enum PartEnding {
        case done(bytes: Int)
        case failed(String)
        /// Its asker does not want it any more.
        case withdrawn
    }

    private struct Key: Hashable, Sendable {
        let requester: String
        let id: String
    }

    private struct Refusal: Sendable {
        let until: ContinuousClock.Instant
        let fault: BusFault
    }

    private let limits: HashTaskLimits
    private var open: [UInt64: HashTaskRecord] = [:]
    private var numbers: [Key: UInt64] = [:]
    /// The newest first.
    private var over: Deque<HashTaskStatus> = []
    private var refusals: [Key: Refusal] = [:]
    /// Tasks that changed since others were told.
    private var changed: Set<UInt64> = []
    private var endings: [HashTaskStatus] = []
    private var quiet = DeadlineQueue<UInt64>()
    private var lastNumber: UInt64 = 0

    init(limits: HashTaskLimits) {
        self.limits = limits
    }

    /// When ``tick(_:)`` or ``news(_:)`` has something to do.
    var nextDeadline: ContinuousClock.Instant? {
        let news = changed.lazy.compactMap { open[$0].map { $0.told.map { $0.at + limits.news } ?? $0.startedAt } }
            .min()
        return [quiet.next, news].compactMap { $0 }.min()
    }

    /// The number of the task that a job is part of; refused when it was cancelled.
    mutating func admit(
        _ task: HashTask,
        requester: String,
        asker: Connection,
        now: ContinuousClock.Instant
    ) throws(BusFault) -> UInt64 {
        let key = Key(requester: requester, id: task.id)
        if let refusal = refusals[key] {
            guard refusal.until <= now else { throw refusal.fault }
            refusals[key] = nil
        }
        if let number = numbers[key] { return number }
        guard open.count < limits.open else {
            throw BusFault(.overloaded, "\(limits.open) hash tasks are open already; try again later")
        }
        lastNumber += 1
        numbers[key] = lastNumber
        open[lastNumber] = HashTaskRecord(
            number: lastNumber,
            task: task,
            requester: requester,
            asker: asker,
            now: now
        )
        return lastNumber
    }

    // MARK: - Parts

    mutating func partWaits(_ job: UInt64, of number: UInt64?) {
        change(number) { $0.parts[job] = HashTaskRecord.Part() }
    }

    mutating func partRuns(_ job: UInt64, of number: UInt64?, at worker: String) {
        change(number) { task in
            task.parts[job] = HashTaskRecord.Part(worker: worker)
            task.begin()
        }
    }

    mutating func partMoved(_ job: UInt64, of number: UInt64?, bytes: Int) {
        change(number) { $0.parts[job]?.bytes = bytes }
    }

    mutating func partEnded(
        _ job: UInt64,
        of number: UInt64?,
        _ ending: PartEnding,
        _ now: ContinuousClock.Instant
    ) {
        guard let number, var task = open[number], task.parts.removeValue(forKey: job) != nil else { return }
        switch ending {
        case .done(let bytes):
            task.done(bytes)
            task.wasWithdrawn = false
        case .failed(let problem): task.problem = problem
        case .withdrawn: task.wasWithdrawn = true
        }
        changed.insert(number)
        if task.parts.isEmpty {
            task.quietSince = now
            if !task.isTimed { quiet.insert(number, at: now + limits.quiet) }
            task.isTimed = true
        }
        open[number] = task
        guard task.parts.isEmpty else { return }
        if task.isComplete {
            end(number, .done, "", now)
        } else if task.wasWithdrawn {
            end(number, .cancelled, "", now)
        }
    }

    // MARK: - Tasks

    /// What waits or runs, the oldest first but what runs before the rest; then what is over.
    mutating func list(_ now: ContinuousClock.Instant) -> [HashTaskStatus] {
        let standing = open.keys.sorted().compactMap { open[$0]?.status(now) }
        return standing.filter { $0.state == .running } + standing.filter { $0.state != .running } + over
    }

    mutating func status(_ number: UInt64, _ now: ContinuousClock.Instant) -> HashTaskStatus? {
        open[number]?.status(now) ?? over.first { $0.number == number }
    }

    /// The jobs of a task that is not over.
    func jobs(of number: UInt64) -> [UInt64] { open[number]?.parts.keys.sorted() ?? [] }

    func number(of asker: Connection) -> [UInt64] { open.values.filter { $0.asker == asker }.map(\.number).sorted() }

    /// Ends a task; what comes of it from now on is refused with `fault`.
    mutating func refuse(
        _ number: UInt64,
        _ state: HashTaskStatus.State,
        _ fault: BusFault,
        _ now: ContinuousClock.Instant
    ) {
        guard let task = open[number] else { return }
        if refusals.count >= limits.open { refusals = refusals.filter { $0.value.until > now } }
        if refusals.count < limits.open {
            let key = Key(requester: task.requester, id: task.task.id)
            refusals[key] = Refusal(until: now + limits.refusal, fault: fault)
        }
        end(number, state, state == .failed ? fault.message : "", now)
    }

    mutating func askerLost(_ asker: Connection, _ now: ContinuousClock.Instant) {
        for number in number(of: asker) { end(number, .failed, "\(open[number]?.requester ?? "") has ended", now) }
    }

    mutating func tick(_ now: ContinuousClock.Instant) {
        while let number = quiet.popExpired(now) {
            guard var task = open[number] else { continue }
            task.isTimed = false
            if task.parts.isEmpty {
                let due = task.quietSince + limits.quiet
                if due <= now {
                    let problem = task.problem.isEmpty ? "no part of it came for \(limits.quiet)" : task.problem
                    end(number, .failed, problem, now)
                    continue
                }
                quiet.insert(number, at: due)
                task.isTimed = true
            }
            open[number] = task
        }
        let standing = open
        quiet.compact(standing: standing.count) { standing[$0] != nil }
    }

    /// What others should be told now: endings at once, the rest a few times a second.
    mutating func news(_ now: ContinuousClock.Instant) -> [HashTaskStatus] {
        var news: [HashTaskStatus] = []
        for number in changed.sorted() {
            guard let task = open[number] else {
                changed.remove(number)
                continue
            }
            if let told = task.told, now - told.at < limits.news { continue }
            changed.remove(number)
            if let status = open[number]?.tell(now) { news.append(status) }
        }
        news += endings
        endings = []
        return news
    }

    // MARK: - Inside

    private mutating func change(_ number: UInt64?, _ body: (inout HashTaskRecord) -> Void) {
        guard let number, var task = open.removeValue(forKey: number) else { return }
        body(&task)
        open[number] = task
        changed.insert(number)
    }

    private mutating func end(
        _ number: UInt64,
        _ state: HashTaskStatus.State,
        _ problem: String,
        _ now: ContinuousClock.Instant
    ) {
        guard var task = open.removeValue(forKey: number) else { return }
        numbers[Key(requester: task.requester, id: task.task.id)] = nil
        changed.remove(number)
        let ending = task.ending(state, problem, now)
        endings.append(ending)
        over.prepend(ending)
        if over.count > limits.over { over.removeLast() }
    }
}
