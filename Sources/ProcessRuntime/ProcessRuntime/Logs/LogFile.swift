import Glibc
import Synchronization

/// A file that lines are added to, and that is set aside when it grows too long.
///
///     node.log   node.log.1   node.log.2      each up to 10 MiB; the oldest goes
///
/// A line that cannot be written (a full disk) is dropped: a log must never stop the work it tells of.
final class LogFile: Sendable {
    /// Bytes.
    static let maximumLength = 10 * 1024 * 1024
    private static let kept = 3

    private struct State {
        var descriptor: Int32
        var length: Int
    }

    private let path: String
    private let limit: Int
    private let state: Mutex<State>

    /// Opens the file at `path`, or makes it.
    ///
    /// - Throws: ``HomeFolderError`` when that is not possible.
    init(_ path: String, maximumLength limit: Int = LogFile.maximumLength) throws(HomeFolderError) {
        let descriptor = Self.openFile(path)
        guard descriptor >= 0 else { throw .cannotCreate(path, errno: errno) }
        self.path = path
        self.limit = limit
        state = Mutex(State(descriptor: descriptor, length: Int(lseek(descriptor, 0, SEEK_END))))
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Adds one line, which ends with a newline, in one write: lines of several threads do not mix.
    func append(_ line: [UInt8]) {
        state.withLock { state in
            if state.length + line.count > limit, state.length > 0 { rotate(&state) }
            guard state.descriptor >= 0 else { return }
            let written = write(state.descriptor, line, line.count)
            if written == line.count {
                state.length += written
            } else if written > 0 {
                // The disk is full: the next line that fits must not go on in the middle of this one.
                ftruncate(state.descriptor, state.length)
            }
        }
    }

    private func rotate(_ state: inout State) {
        close(state.descriptor)
        for number in stride(from: Self.kept - 1, to: 0, by: -1) {
            rename(number == 1 ? path : "\(path).\(number - 1)", "\(path).\(number)")
        }
        state.descriptor = Self.openFile(path)
        state.length = 0
    }

    private static func openFile(_ path: String) -> Int32 {
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o644)
    }
}
