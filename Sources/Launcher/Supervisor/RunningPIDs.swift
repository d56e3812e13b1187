import Glibc
import Synchronization

/// The pids of the children, for whoever has no time to ask the supervisor.
package final class RunningPIDs: Sendable {
    private let pids = Mutex<Set<Int32>>([])

    package init() {}

    func insert(_ pid: Int32) { pids.withLock { _ = $0.insert(pid) } }

    func remove(_ pid: Int32) { pids.withLock { _ = $0.remove(pid) } }

    /// Ends every child at once, from any thread.
    package func killAll() {
        pids.withLock { pids in
            for pid in pids { kill(pid, SIGKILL) }
        }
    }
}
