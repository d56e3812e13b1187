import RunningSuite

/// What another program does with an SQLite file: Python's, which has SQLite built in.
enum ForeignDatabase {
    /// What `PRAGMA integrity_check` says.
    static func verdict(on path: String) async throws -> String {
        try await ask("PRAGMA integrity_check", on: path).joined(separator: "; ")
    }

    /// The first column of the rows that a statement gives.
    static func ask(_ statement: String, on path: String) async throws -> [String] {
        let script = """
            from sqlite3 import connect
            from sys import argv
            for row in connect(argv[1]).execute(argv[2]):
                print(row[0])
            """
        let asked = try await run("python3", ["-c", script, path, statement])
        guard asked.code == 0 else { throw SuiteFailure("\(path), \(statement): \(asked.error)") }
        return asked.output.split(separator: "\n").map { String($0) }
    }

    /// Holds a lock on the file while `body` runs.
    static func holding<Result: Sendable>(
        _ lock: String,
        of path: String,
        _ body: (_ release: @escaping @Sendable () async throws -> Void) async throws -> Result
    ) async throws -> Result {
        let script = """
            from sqlite3 import connect
            from sys import argv, stdin
            database = connect(argv[1], isolation_level=None)
            database.execute("BEGIN \(lock)")
            print("held", flush=True)
            stdin.readline()
            database.execute("ROLLBACK")
            database.close()
            print("released", flush=True)
            """
        return try await RunningProgram.with(["python3", "-c", script, path]) { holder in
            _ = try await holder.line("the database is held") { $0 == "held" }
            return try await body {
                try await holder.send("go")
                _ = try await holder.line("the database is released") { $0 == "released" }
            }
        }
    }
}
