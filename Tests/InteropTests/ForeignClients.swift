import Foundation
import RunningSuite
import Subprocess

/// What every aria2c of these tests is told: only the tracker and TCP, no files of its own, no talk.
let quietAria2 = [
    "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
    "--file-allocation=none", "--console-log-level=warn", "--summary-interval=0", "--bt-tracker-connect-timeout=10",
    "--listen-port=21000-21999",
]

/// Runs aria2c as a seeder beside `body`, and ends it afterwards.
@discardableResult
func withAria2Seeding<Result: Sendable>(
    torrent: String,
    in folder: String,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let arguments =
        quietAria2 + [
            "--dir=\(folder)", "--seed-ratio=0.0", "--check-integrity=true", "--allow-overwrite=true", torrent,
        ]
    return try await running("aria2c", arguments, body)
}

/// Runs a program that goes on until it is ended beside `body`, and ends it afterwards.
func running<Result: Sendable>(
    _ program: String,
    _ arguments: [String],
    in directory: String? = nil,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask {
            let ended = try await run(program, arguments, in: directory)
            // When it ends by itself its text says why.
            guard Task.isCancelled else { throw SuiteFailure("\(program) ended: \(ended.output)\(ended.error)") }
            return nil
        }
        group.addTask { try await body() }
        defer { group.cancelAll() }
        while let outcome = try await group.next() {
            if let outcome { return outcome }
        }
        throw SuiteFailure("\(program) ended before the test did")
    }
}
