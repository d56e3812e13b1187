import RunningSuite

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
