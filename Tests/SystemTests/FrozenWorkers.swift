import Foundation
import RunningSuite

/// Hasher-workers that are stopped (SIGSTOP), so that what they were given stays half done.
///
///     freeze ──▶ the hub gives them jobs ──▶ "in the middle" ──▶ kill, or thaw
///
/// So the middle of a check is a state that a test can wait in. The hub waits some seconds for a silent worker before it
/// gives its jobs to another.
struct FrozenWorkers: Sendable {
    let names: Set<String>
    private let pids: [Int32]

    static func freeze(_ names: [String], in suite: RunningSuite) async throws -> FrozenWorkers {
        var pids: [Int32] = []
        for name in names { pids.append(try await suite.pid(of: name)) }
        for pid in pids { Foundation.kill(pid, SIGSTOP) }
        return FrozenWorkers(names: Set(names), pids: pids)
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
