import Glibc
import ProcessRuntime

/// Lets one command at a time look where a torrent may go and put it there.
///
///     add A   │ look at all nodes │ add to node 1 │
///     add B   │      waits                        │ look: the path is taken │
///
/// Two commands that both looked first would give one path to two nodes. The lock is a file in the run folder; the
/// system opens it when its holder ends, however it ends.
enum PlacementTurn {
    /// Longer than any addition takes.
    private static let patience = Duration.seconds(60)
    private static let retryPause = Duration.milliseconds(20)

    static func with<Result: Sendable>(
        _ home: HomeFolder,
        _ body: () async throws -> Result
    ) async throws -> Result {
        let path = BytePath(home.run).appending(Array("placement.lock".utf8))
        let descriptor = path.withCString { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be opened: \(SystemError.text(errno)); check its permissions")
        }
        defer { close(descriptor) }
        try await lock(descriptor, path: path)
        return try await body()
    }

    private static func lock(_ descriptor: Int32, path: BytePath) async throws {
        let end = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw CommandFailure("\(path) cannot be locked: \(SystemError.text(errno)); check the file system")
            }
            guard ContinuousClock.now < end else {
                throw CommandFailure("another p2pctl has been adding a torrent for a minute; try again when it is done")
            }
            try await Task.sleep(for: retryPause)
        }
    }
}
