import Glibc
import Subprocess
import SystemPackage

/// Why a process could not be started.
struct SpawnError: Error, CustomStringConvertible {
    let description: String
}

/// Starts a process and waits for its end.
///
/// - stdin is a pipe that we keep open and never write to: its end tells the child that we are gone.
/// - stderr is a file, for what a crash has to say; stdout goes nowhere.
/// - It gets a process group of its own, so that Ctrl-C in the terminal reaches the launcher alone, which then ends it in order.
struct ChildSpawner: Sendable {
    /// Bytes kept of an old stderr.
    private static let maximumErrors = 1 << 20

    let program: String
    let environment: [String: String]
    let errorFile: String

    /// Returns why it ended; `spawned` hears the pid before.
    func run(spawned: @escaping @Sendable (Int32) -> Void) async throws -> String {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SpawnError(description: Self.text("cannot make a pipe")) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let writer = ends[1]
        defer { close(writer) }
        let errors = open(errorFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard errors >= 0 else {
            close(ends[0])
            throw SpawnError(description: Self.text("cannot write to \(errorFile)"))
        }
        var status = stat()
        if fstat(errors, &status) == 0, status.st_size > Self.maximumErrors { ftruncate(errors, 0) }
        let before = Int(lseek(errors, 0, SEEK_END))
        var options = PlatformOptions()
        options.processGroupID = 0
        let outcome = try await Subprocess.run(
            .path(FilePath(program)),
            environment: .custom(environment.map { Array("\($0.key)=\($0.value)\0".utf8) }),
            platformOptions: options,
            input: .fileDescriptor(FileDescriptor(rawValue: ends[0]), closeAfterSpawningProcess: true),
            output: .discarded,
            error: .fileDescriptor(FileDescriptor(rawValue: errors), closeAfterSpawningProcess: true)
        ) { execution in
            spawned(execution.processIdentifier.value)
        }
        return reason(outcome.terminationStatus, errorsFrom: before)
    }

    private func reason(_ status: TerminationStatus, errorsFrom offset: Int) -> String {
        let ending =
            switch status {
            case .exited(let code): "exit code \(code)"
            case .signaled(let number): "signal \(number) (\(String(cString: strsignal(number))))"
            }
        guard !status.isSuccess, let line = lastErrorLine(from: offset) else { return ending }
        return "\(ending): \(line)"
    }

    /// The last line that this start wrote to stderr.
    private func lastErrorLine(from offset: Int) -> String? {
        let descriptor = open(errorFile, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let length = Int(lseek(descriptor, 0, SEEK_END))
        let start = max(offset, length - 4096)
        guard start < length else { return nil }
        var bytes = [UInt8](repeating: 0, count: length - start)
        let count = pread(descriptor, &bytes, bytes.count, start)
        guard count > 0 else { return nil }
        let line = bytes[..<count].split(separator: UInt8(ascii: "\n")).last { !$0.isEmpty }
        return line.map { String(decoding: $0.prefix(500), as: UTF8.self) }
    }

    private static func text(_ doing: String) -> String { "\(doing): \(String(cString: strerror(errno)))" }
}
