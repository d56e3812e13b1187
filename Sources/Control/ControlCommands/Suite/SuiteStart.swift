import BusServices
import BusTransport
import ProcessRuntime

/// Waits until a launcher that was just started has all its processes ready.
struct SuiteStart: Sendable {
    static let deadline = Duration.seconds(60)
    private static let step = Duration.milliseconds(20)

    let home: HomeFolder
    let launcher: LauncherProcess

    private enum Event: Sendable {
        case ready(SuiteReport)
        case ended(LauncherProcess.Exit)
        case late
    }

    /// - Throws: ``CommandFailure`` when a process failed, the launcher ended, or the time is over.
    func ready() async throws -> SuiteReport {
        let event = try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask { .ready(try await allReady()) }
            group.addTask { [launcher] in await .ended(Self.exit(of: launcher)) }
            group.addTask {
                try await Task.sleep(for: Self.deadline)
                return .late
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
        switch event {
        case .ready(let report): return report
        case .ended: throw CommandFailure("the launcher ended before the suite was ready; see why in its log")
        case .late:
            throw CommandFailure(
                "the suite at \(home.shown) is not ready after \(Self.deadline.components.seconds) s; see p2pctl logs"
            )
        }
    }

    /// Ends early when nobody waits any more, although the child lives.
    private static func exit(of launcher: LauncherProcess) async -> LauncherProcess.Exit {
        let (exits, continuation) = AsyncStream.makeStream(of: LauncherProcess.Exit.self)
        Task {
            continuation.yield(await launcher.exit())
            continuation.finish()
        }
        for await exit in exits { return exit }
        return .unknown
    }

    private func allReady() async throws -> SuiteReport {
        // The socket is all there is to wait for before there is a hub that could tell us anything. One that a crash
        // left behind refuses us until the launcher has put its own in that place.
        while true {
            do {
                return try await SuiteConnection.with(home) { try await allReady(over: $0) }
            } catch let failure as CommandFailure where failure.status == .notRunning {
                try await Task.sleep(for: Self.step)
            }
        }
    }

    private func allReady(over connection: SuiteConnection) async throws -> SuiteReport {
        let updates = Ticking(connection.feed.updates([.process]), every: .milliseconds(250))
        if let report = try await complete(connection) { return report }
        for await _ in updates.elements {
            if let report = try await complete(connection) { return report }
        }
        try Task.checkCancellation()
        throw SuiteConnection.notRunning(home)
    }

    private func complete(_ connection: SuiteConnection) async throws -> SuiteReport? {
        guard let report = try await answer(of: connection) else { return nil }
        if let failed = report.processes.first(where: { $0.state == .failed }) {
            let last = failed.lastExit.hasSuffix(".") ? String(failed.lastExit.dropLast()) : failed.lastExit
            let reason = last.isEmpty ? "it ended at once" : DisplayText.escaped(last)
            throw CommandFailure("\(failed.name) does not start: \(reason); see: p2pctl logs \(failed.name)")
        }
        let isComplete = !report.processes.isEmpty && report.processes.allSatisfy { $0.state == .ready }
        return isComplete ? report : nil
    }

    /// What the launcher says; nothing when it does not answer yet.
    private func answer(of connection: SuiteConnection) async throws(BusFault) -> SuiteReport? {
        do {
            return try await SupervisionClient(connection.bus, deadline: .seconds(2)).status()
        } catch {
            guard error.code == .unavailable || error.code == .deadlineExceeded else { throw error }
            return nil
        }
    }
}
