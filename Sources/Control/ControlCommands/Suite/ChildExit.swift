import Dispatch
import Glibc

/// Waits for the end of a child process on a thread of its own.
enum ChildExit {
    static func wait(for pid: pid_t) async -> LauncherProcess.Exit {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: block(until: pid))
            }
        }
    }

    private static func block(until pid: pid_t) -> LauncherProcess.Exit {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { return .unknown }
        }
        // The macros WIFEXITED, WEXITSTATUS and WTERMSIG of <sys/wait.h>.
        let signal = status & 0x7F
        return signal == 0 ? .status((status >> 8) & 0xFF) : .signal(signal)
    }
}
