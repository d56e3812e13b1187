import Foundation
import RunningSuite

/// Hasher-workers that are stopped (SIGSTOP), so that what they were given stays half done.
///
///     freeze ──▶ the hub gives them jobs ──▶ "in the middle" ──▶ kill, or thaw
///
/// So the middle of a check is a state that a test can wait in. A worker that is silent for some seconds gets no jobs
/// and loses those it has: freeze right before there is something to hash.
struct FrozenWorkers: Sendable {
    let names: Set<String>
    private let pids: [Int32]

    static func freeze(_ names: [String], in suite: RunningSuite) async throws -> FrozenWorkers {
        let workers = try await FrozenWorkers(find: names, in: suite)
        workers.freeze()
        return workers
    }

    /// Workers that run on until ``freeze()``.
    init(find names: [String], in suite: RunningSuite) async throws {
        var pids: [Int32] = []
        for name in names { pids.append(try await suite.pid(of: name)) }
        self.names = Set(names)
        self.pids = pids
    }

    func freeze() {
        for pid in pids { Foundation.kill(pid, SIGSTOP) }
    }

    /// Ends them as a power cut would; one that was replaced meanwhile is gone already.
    func kill() {
        for pid in pids { Foundation.kill(pid, SIGKILL) }
    }

    /// Lets them go on; one that was replaced meanwhile is gone already.
    func thaw() {
        for pid in pids { Foundation.kill(pid, SIGCONT) }
    }
}
