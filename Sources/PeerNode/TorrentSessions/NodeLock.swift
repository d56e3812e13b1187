import Glibc

/// Keeps a second node off the same folder: two would write over each other's pieces.
///
/// A lock on the folder itself, so that nothing is left behind, also after a kill.
struct NodeLock: Sendable {
    private let descriptor: CInt

    /// Why the folder could not be locked.
    enum Failure: Error, CustomStringConvertible {
        case unreadable(String, errno: CInt)
        case inUse(String)

        var description: String {
            switch self {
            case .unreadable(let path, let code): "\(path) cannot be opened: \(String(cString: strerror(code)))"
            case .inUse(let path): "another peer-node works in \(path): stop it first"
            }
        }
    }

    /// Waits a little for a predecessor that is still ending.
    static func take(_ path: String, patience: Duration) async throws -> NodeLock {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.unreadable(path, errno: errno) }
        let end = ContinuousClock.now + patience
        while true {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return NodeLock(descriptor: descriptor) }
            guard ContinuousClock.now < end else { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        close(descriptor)
        throw Failure.inUse(path)
    }

    func release() { close(descriptor) }
}
