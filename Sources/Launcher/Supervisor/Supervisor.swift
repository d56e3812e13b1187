package import BusServices
package import BusTransport
import Glibc
package import Logging

/// Starts, watches, restarts and ends the processes of a suite.
///
/// Joins ``ChildMachine``s, which decide, to the system, which acts. All news comes through one inbox, so that each machine
/// sees what happened in order.
package actor Supervisor {
    /// The most processes of one role.
    private static let maximumCount = 256

    private let pids: RunningPIDs
    private nonisolated let inbox: AsyncStream<ProcessNews>.Continuation
    private let news: AsyncStream<ProcessNews>
    private let plan: SupervisorPlan
    private let logger: Logger
    private let birth = ContinuousClock.now

    private var children: [ProcessName: ChildMachine] = [:]
    private var random = SystemRandomNumberGenerator()
    private var waiters:
        [(isOver: ([ProcessName: ChildMachine]) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
            []
    private var stopping = false

    package init(_ plan: SupervisorPlan, pids: RunningPIDs, logger: Logger) {
        self.plan = plan
        self.pids = pids
        self.logger = logger
        (news, inbox) = AsyncStream.makeStream()
    }

    /// Tells what happened; never waits.
    package nonisolated func tell(_ news: ProcessNews) {
        inbox.yield(news)
    }

    /// Takes the news until ``stopAll()`` is over.
    package func run() async {
        for await news in news {
            switch news {
            case .ready(let name, let epoch, let endpoints): handle(.ready(epoch: epoch, endpoints), name)
            case .beat(let name, let epoch, let load): handle(.beat(epoch: epoch, load: load), name)
            case .broken(let name, let epoch, let reason): handle(.broken(epoch: epoch, reason: reason), name)
            case .spawned(let name, let epoch, let pid): handle(.spawned(pid: pid, epoch: epoch), name)
            case .ended(let name, let epoch, let reason):
                plan.ended(name, epoch)
                handle(.ended(epoch: epoch, reason: reason), name)
            }
        }
    }

    /// Starts `counts` processes of each role and waits until each is ready or given up.
    ///
    /// Does nothing when the end was asked for before the start.
    package func start(_ counts: [Role: Int]) async throws(BusFault) {
        guard !stopping else { return }
        try set(counts)
        await wait { $0.values.allSatisfy(\.isSettled) }
    }

    /// Whether every process that should run is ready.
    package var allReady: Bool { children.values.allSatisfy { $0.isDown || $0.isReady } }

    /// Ends everything in order: peer-nodes first, so that the tracker hears that they stopped.
    package func stopAll() async {
        stopping = true
        for role in [Role.peerNode, .trackerAPI, .hasherWorker] {
            for name in names(of: role).reversed() { handle(.stop, name) }
            await wait { children in children.allSatisfy { $0.key.role != role || $0.value.isDown } }
        }
        inbox.finish()
    }
}

// MARK: - What p2pctl asks

extension Supervisor: SupervisionService {
    package func status() async throws(BusFault) -> SuiteReport {
        SuiteReport(
            version: plan.version,
            home: Array(plan.home.utf8),
            launcherPID: plan.launcherPID,
            uptimeSeconds: now / .seconds(1),
            processes: children.keys.sorted().filter { children[$0]?.isDown == false }.compactMap(report),
            hashQueue: plan.hashQueue()
        )
    }

    package func scale(_ counts: [Role: Int]) async throws(BusFault) -> [ProcessReport] {
        try set(counts)
        let roles = Set(counts.keys)
        await wait { $0.allSatisfy { !roles.contains($0.key.role) || $0.value.isSettled } }
        return try await status().processes.filter { roles.contains($0.name.role) }
    }

    package func restart(_ name: ProcessName) async throws(BusFault) -> ProcessReport {
        guard !stopping else { throw BusFault(.unavailable, "the suite is stopping") }
        guard let child = children[name], !child.isDown else {
            throw BusFault(.notFound, "there is no process \(name); p2pctl ps lists them")
        }
        let epoch = child.epoch
        handle(.restart, name)
        await wait { $0[name].map { $0.isDown || $0.isSettled && $0.epoch > epoch } ?? true }
        guard let report = report(name) else { throw BusFault(.notFound, "\(name) is gone") }
        return report
    }

    package func stop() async throws(BusFault) -> Int32 {
        plan.stopAsked()
        return plan.launcherPID
    }
}

// MARK: - Machines to system

extension Supervisor {
    private var now: Duration { ContinuousClock.now - birth }

    private func names(of role: Role) -> [ProcessName] { children.keys.filter { $0.role == role }.sorted() }

    private func report(_ name: ProcessName) -> ProcessReport? {
        children[name].map { $0.report(name, at: now, usage: $0.pid.flatMap(ProcessUsage.init(pid:))) }
    }

    private func set(_ counts: [Role: Int]) throws(BusFault) {
        guard !stopping else { throw BusFault(.unavailable, "the suite is stopping") }
        for (role, count) in counts {
            guard role == .peerNode || role == .hasherWorker || role == .trackerAPI && count <= 1 else {
                throw BusFault(.invalid, "\(role.rawValue) cannot be scaled to \(count)")
            }
            guard (0...Self.maximumCount).contains(count) else {
                throw BusFault(.invalid, "\(role.rawValue)=\(count) is not from 0 to \(Self.maximumCount)")
            }
        }
        for (role, count) in counts {
            // The highest numbers go first, so that the names that stay are 1 … count.
            for name in names(of: role).reversed() where name.number > count { handle(.stop, name) }
            for number in 1..<count + 1 {
                let name = ProcessName(role: role, number: number)
                if children[name] == nil { children[name] = ChildMachine() }
                handle(.start, name)
            }
        }
    }

    private func wait(until isOver: @escaping ([ProcessName: ChildMachine]) -> Bool) async {
        guard !isOver(children) else { return }
        await withCheckedContinuation { waiters.append((isOver, $0)) }
    }

    private func handle(_ event: ChildMachine.Event, _ name: ProcessName) {
        guard var child = children[name] else { return }
        let deadline = child.deadline
        if let pid = child.pid, case .ended = event { pids.remove(pid) }
        let actions = child.handle(event, at: now, using: &random)
        children[name] = child
        for action in actions { perform(action, name) }
        if child.deadline != deadline, let next = child.deadline { wake(name, at: next) }
        let over = waiters.filter { $0.isOver(children) }
        waiters.removeAll { $0.isOver(children) }
        for waiter in over { waiter.continuation.resume() }
    }

    private func perform(_ action: ChildMachine.Action, _ name: ProcessName) {
        switch action {
        case .spawn(let epoch): spawn(name, epoch)
        case .terminate(let pid): kill(pid, SIGTERM)
        case .kill(let pid): kill(pid, SIGKILL)
        case .report:
            guard let report = report(name) else { return }
            if let pid = children[name]?.pid { pids.insert(pid) }
            plan.changed(report)
            log(report)
        }
    }

    private func wake(_ name: ProcessName, at moment: Duration) {
        let deadline = birth + moment
        Task {
            do {
                try await Task.sleep(until: deadline, clock: .continuous)
            } catch {
                return  // Sleeping fails only when it is cancelled, and nobody does: a tick too many finds nothing due.
            }
            handle(.tick, name)
        }
    }

    private func spawn(_ name: ProcessName, _ epoch: UInt64) {
        let token = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        plan.expect(name, epoch, token)
        let spawner = ChildSpawner(
            program: plan.program(name.role),
            environment: plan.environment(name, epoch, token),
            errorFile: "\(plan.logFolder)/\(name.role.rawValue)-\(name.number).stderr"
        )
        Task {
            do {
                let reason = try await spawner.run { pid in
                    self.tell(.spawned(name, epoch: epoch, pid: pid))
                }
                tell(.ended(name, epoch: epoch, reason: reason))
            } catch {
                tell(.ended(name, epoch: epoch, reason: "cannot start \(spawner.program): \(error)"))
            }
        }
    }

    private func log(_ report: ProcessReport) {
        let facts: Logger.Metadata = [
            "process": "\(report.name)", "pid": "\(report.pid)", "epoch": "\(report.epoch)",
            "reason": "\(report.lastExit)",
        ]
        switch report.state {
        case .waiting: logger.warning("process ended, will start again", metadata: facts)
        case .failed: logger.error("process ended too often, given up", metadata: facts)
        case .ready: logger.debug("process is ready", metadata: facts)
        case .starting, .stopping: logger.debug("process changes", metadata: facts)
        }
    }
}
