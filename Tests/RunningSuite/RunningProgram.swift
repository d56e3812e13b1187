import Foundation
import Subprocess
import SystemPackage

/// A program that runs beside a test and talks in lines; it ends with the test.
package struct RunningProgram: Sendable {
    package let pid: Int32
    private let writer: StandardInputWriter
    private let log: LineLog

    /// Starts `command`, runs `body`, and ends the program, killed or not.
    ///
    /// Its standard error is read as lines like those of its output.
    package static func with<Result: Sendable>(
        _ command: [String],
        environment: [String: String] = [:],
        _ body: (RunningProgram) async throws -> Result
    ) async throws -> Result {
        var custom: [Environment.Key: String?] = [:]
        for (key, value) in environment { custom[Environment.Key(stringLiteral: key)] = value }
        let log = LineLog()
        let ended = try await Subprocess.run(
            command[0].contains("/") ? .path(FilePath(command[0])) : .name(command[0]),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .inherit.updating(custom),
            input: .inputWriter,
            output: .sequence,
            error: .combinedWithOutput
        ) { execution in
            let pid = execution.processIdentifier.value
            let reader = Task {
                for try await line in execution.standardOutput.strings() { await log.append(line) }
                await log.end()
            }
            let program = RunningProgram(pid: pid, writer: execution.standardInputWriter, log: log)
            let outcome: Swift.Result<Result, any Error>
            do {
                outcome = .success(try await body(program))
            } catch {
                outcome = .failure(error)
                print("\n--- \(command.joined(separator: " "))\n\(await log.lines.suffix(40).joined(separator: "\n"))")
            }
            // Not an error when a test has killed it.
            kill(pid, SIGTERM)
            _ = try? await reader.value
            return outcome
        }
        return try ended.closureResult.get()
    }

    /// Writes a line to its standard input.
    package func send(_ line: String) async throws {
        _ = try await writer.write(line + "\n")
    }

    /// How many lines there were so far: where to look on from.
    package var lineCount: Int { get async { await log.lines.count } }

    /// The first line from the `start`th on for which `condition` holds; waits for it.
    ///
    /// - Throws: ``SuiteFailure`` when the deadline passes first, or the program ends without that line.
    package func line(
        _ what: String,
        from start: Int = 0,
        within deadline: Duration = .seconds(60),
        where condition: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        try await withDeadline(deadline, what) {
            guard let found = await log.first(from: start, where: condition) else {
                throw SuiteFailure("the program ended before: \(what)")
            }
            return found
        }
    }
}

/// Lines that come in, and those who wait for one.
private actor LineLog {
    private(set) var lines: [String] = []
    private var hasEnded = false
    private var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
    private var nextWatcher = 0

    func append(_ line: String) {
        lines.append(line.hasSuffix("\n") ? String(line.dropLast()) : line)
        for watcher in watchers.values { watcher.yield() }
    }

    func end() {
        hasEnded = true
        for watcher in watchers.values { watcher.yield() }
    }

    func first(from start: Int, where condition: @Sendable (String) -> Bool) async -> String? {
        let (changes, watcher) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = nextWatcher
        nextWatcher += 1
        watchers[number] = watcher
        defer { watchers[number] = nil }
        var next = start
        watcher.yield()
        for await _ in changes {
            while next < lines.count {
                if condition(lines[next]) { return lines[next] }
                next += 1
            }
            if hasEnded { return nil }
        }
        return nil
    }
}

/// Does `work`, and throws when that takes too long.
package func withDeadline<Result: Sendable>(
    _ deadline: Duration,
    _ what: String,
    _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: deadline)
            throw SuiteFailure("not within \(deadline): \(what)")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw SuiteFailure(what) }
        return first
    }
}

/// Waits until `condition` holds of something that tells of no changes: a foreign client, a tracker.
///
/// Asks ten times a second.
package func eventually(
    _ what: String,
    within deadline: Duration = .seconds(60),
    _ condition: @escaping @Sendable () async throws -> Bool
) async throws {
    try await withDeadline(deadline, what) {
        while try await !condition() { try await Task.sleep(for: .milliseconds(100)) }
    }
}
