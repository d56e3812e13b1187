import GRDB

extension TrackerStore {
    /// What ``open(path:setAsideSuffix:)`` found.
    package struct Opened: Sendable {
        package let store: TrackerStore
        /// One sentence when the file was damaged: why, and where it lies now.
        package let recovery: String?
    }

    /// Opens or makes the database at `path`.
    ///
    /// A damaged file is kept as `<path>.corrupt-<suffix>` and a new one is made. Throws when the file cannot be
    /// opened at all, or a newer version of this program wrote it.
    package static func open(path: String, setAsideSuffix suffix: String) throws(TrackerStoreError) -> Opened {
        let files = StoreFiles(path: path)
        if files.hasStrayLog {
            return try replace(files, suffix: suffix, reason: "only its write-ahead log was there")
        }
        do {
            return Opened(store: try attempt(files, suffix: suffix), recovery: nil)
        } catch {
            guard let damage = damage(error) else { throw refusal(error, path: path) }
            return try replace(files, suffix: suffix, reason: damage)
        }
    }

    /// The same, but waits as long as `patience` for another process to let go of the file.
    ///
    /// `onWait` is told once, when the wait begins.
    package static func open(
        path: String,
        setAsideSuffix suffix: String,
        patience: Duration,
        onWait: @Sendable (TrackerStoreError) -> Void
    ) async throws -> Opened {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        var pause = Duration.milliseconds(100)
        var isTold = false
        while true {
            do {
                return try open(path: path, setAsideSuffix: suffix)
            } catch {
                guard error == .locked(path: path), clock.now + pause < deadline else { throw error }
                if !isTold { onWait(error) }
                isTold = true
                try await clock.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    /// Looks at every page of a file that was too large to be looked at before it was opened.
    ///
    /// - Returns: what is wrong with it; the next start sets it aside.
    package func inspect() async throws(TrackerStoreError) -> String? {
        guard files.size > StoreSchema.checkLimit else { return nil }
        do {
            let verdict = try await pool.read(StoreSchema.verdict)
            if verdict != nil { files.suspect() }
            return verdict
        } catch { throw fault(error) }
    }

    private static func replace(
        _ files: StoreFiles,
        suffix: String,
        reason: String
    ) throws(TrackerStoreError) -> Opened {
        guard let aside = files.setAside(suffix: suffix) else {
            throw .cannotOpen(path: files.path, reason: "it is damaged (\(reason)) and cannot be moved away")
        }
        do {
            let store = try attempt(files, suffix: suffix)
            let recovery = "the database was damaged (\(reason)); it is kept as \(aside) and a new one was made"
            return Opened(store: store, recovery: recovery)
        } catch {
            throw refusal(error, path: files.path)
        }
    }

    private static func attempt(_ files: StoreFiles, suffix: String) throws -> TrackerStore {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // As SQLite advises for files that somebody else may have written ("Defense Against The Dark Arts").
            try database.execute(
                sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0"
            )
        }
        let pool = try DatabasePool(path: files.path, configuration: configuration)
        // GRDB relaxes this when it turns on the write-ahead log; an acknowledged upload must survive a power cut.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let isWhole = files.isSuspect || files.size <= StoreSchema.checkLimit
        try StoreSchema.prepare(pool, checkingPages: isWhole, copy: "\(files.path).before-\(suffix)")
        if isWhole { files.trust() }
        return TrackerStore(pool: pool, files: files)
    }

    /// Why the file is to be set aside; `nil` for other errors.
    private static func damage(_ error: any Error) -> String? {
        switch error {
        case StoreSchema.Harm.damaged(let reason): reason
        case is RowDecodingError: "a value of the wrong kind"
        case let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode):
            error.message ?? "it is not a database"
        // All statements are ours and fit our tables, so these are not.
        case let error as DatabaseError
        where [.SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH].contains(error.resultCode):
            error.message ?? "its tables are not ours"
        default: nil
        }
    }

    private static func refusal(_ error: any Error, path: String) -> TrackerStoreError {
        switch error {
        case StoreSchema.Harm.newer: .newerSchema(path: path)
        case StoreSchema.Harm.cannotCopy(let reason): .cannotOpen(path: path, reason: reason)
        case let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode):
            .locked(path: path)
        default: .cannotOpen(path: path, reason: reason(of: error))
        }
    }
}
