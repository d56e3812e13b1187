import Foundation
import Subprocess
import SystemPackage
import Testing

/// A command that ran to its end.
package struct CommandResult: Sendable {
    package let command: String
    /// The exit code; 128 + the signal when one ended it.
    package let code: Int32
    package let output: String
    package let error: String

    /// The only JSON object that the command printed.
    package var json: JSON {
        get throws { try JSON(parsing: output) }
    }

    /// The JSON objects that the command printed, one a line.
    package var jsonLines: [JSON] {
        get throws { try output.split(separator: "\n").map { try JSON(parsing: $0) } }
    }
}

/// What a test could not do without.
package struct SuiteFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Runs `executable` (a path, or a name to be found in PATH) to its end.
package func run(
    _ executable: String,
    _ arguments: [String],
    environment: [String: String] = [:],
    in directory: String? = nil
) async throws -> CommandResult {
    var custom: [Environment.Key: String?] = [:]
    for (key, value) in environment { custom[Environment.Key(stringLiteral: key)] = value }
    let limit = 8 << 20
    let result = try await Subprocess.run(
        executable.contains("/") ? .path(FilePath(executable)) : .name(executable),
        arguments: Arguments(arguments),
        environment: .inherit.updating(custom),
        workingDirectory: directory.map { FilePath($0) },
        output: .string(limit: limit),
        error: .string(limit: limit)
    )
    let code: Int32 =
        switch result.terminationStatus {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    return CommandResult(
        command: ([executable] + arguments).joined(separator: " "),
        code: code,
        output: result.standardOutput,
        error: result.standardError
    )
}

/// Whether `tool` is to be found in PATH.
package func isInstalled(_ tool: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains { folder in
        FileManager.default.isExecutableFile(atPath: "\(folder)/\(tool)")
    }
}
