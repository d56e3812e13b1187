import Glibc

/// The launcher, started by us.
final class LauncherProcess: Sendable {
    /// POSIX_SPAWN_SETSID of <spawn.h>, which Swift does not show.
    private static let setSession: Int32 = 0x80

    /// How it ended.
    enum Exit: Hashable, Sendable {
        case status(Int32)
        case signal(Int32)
        case unknown

        var isSuccess: Bool { self == .status(0) }
    }

    let pid: pid_t
    private let ending: Task<Exit, Never>

    /// Whether it shares our terminal or outlives us.
    enum Attachment: Sendable {
        /// Our stderr; signals of the terminal reach it through us alone.
        case attached
        /// A session of its own; what it says goes to the end of the file.
        case detached(BytePath)
    }

    static func start(
        _ program: BytePath,
        arguments: [String],
        attachment: Attachment
    ) throws(CommandFailure) -> LauncherProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }

        // We ignore signals that the launcher must not.
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = POSIX_SPAWN_SETSIGDEF
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        switch attachment {
        case .attached:
            // We say ourselves when it is ready, on our stdout.
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
            // A group of its own: else Ctrl-C would reach it twice, from the terminal and from us.
            flags |= POSIX_SPAWN_SETPGROUP
        case .detached(let log):
            flags |= setSession
            let mode = O_WRONLY | O_CREAT | O_APPEND
            log.withCString { _ = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, $0, mode, 0o600) }
            posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        }
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

        let words = [String(decoding: program.bytes, as: UTF8.self)] + arguments
        var vector: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for word in vector { free(word) } }
        var pid = pid_t()
        let failure = program.withCString { posix_spawn(&pid, $0, &actions, &attributes, &vector, environ) }
        guard failure == 0 else {
            throw CommandFailure(
                "the launcher \(program) cannot be started: \(SystemError.text(failure)); build it with: swift build"
            )
        }
        return LauncherProcess(pid: pid)
    }

    private init(pid: pid_t) {
        self.pid = pid
        ending = Task.detached { await ChildExit.wait(for: pid) }
    }

    /// Waits for its end, whatever happens to the task that asks.
    func exit() async -> Exit { await ending.value }

    func send(_ signal: Int32) {
        kill(pid, signal)
    }

    /// The program `launcher` beside the one that runs now.
    static func program() throws(CommandFailure) -> BytePath {
        guard let own = BytePath("/proc/self/exe").resolved else {
            throw CommandFailure("the folder of p2pctl cannot be found: \(SystemError.text(errno)); is /proc mounted?")
        }
        let launcher = own.parent.appending(Array("launcher".utf8))
        guard FileStamp(of: launcher, followingLinks: true)?.kind == .file else {
            throw CommandFailure("\(launcher) is missing; build it with: swift build, or install it beside p2pctl")
        }
        return launcher
    }
}
