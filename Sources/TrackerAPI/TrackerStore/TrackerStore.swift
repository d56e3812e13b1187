import GRDB
import Glibc

/// The catalogue on disk: one SQLite file, `db/p2p.db`.
///
/// What a call acknowledged survives a crash of this process and of the machine: the log is written ahead and
/// flushed at every commit. Announces never come here; the swarms are saved as one snapshot now and then.
package final class TrackerStore: Sendable {
    let pool: DatabasePool

    private init(pool: DatabasePool) {
        self.pool = pool
    }

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
        do {
            return Opened(store: try attempt(path: path), recovery: nil)
        } catch StoreSchema.Harm.newer {
            throw .newerSchema(path: path)
        } catch StoreSchema.Harm.damaged(let reason) {
            return try replace(path: path, suffix: suffix, reason: reason)
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            return try replace(path: path, suffix: suffix, reason: error.message ?? "it is not a database")
        } catch {
            throw .cannotOpen(path: path, reason: reason(of: error))
        }
    }

    private static func replace(
        path: String,
        suffix: String,
        reason: String
    ) throws(TrackerStoreError) -> Opened {
        let aside = "\(path).corrupt-\(suffix)"
        for ending in ["", "-wal", "-shm"] where rename(path + ending, aside + ending) != 0 && errno != ENOENT {
            throw .cannotOpen(path: path, reason: "it is damaged (\(reason)) and cannot be moved away")
        }
        do {
            let store = try attempt(path: path)
            let recovery = "the database was damaged (\(reason)); it is kept as \(aside) and a new one was made"
            return Opened(store: store, recovery: recovery)
        } catch {
            throw .cannotOpen(path: path, reason: self.reason(of: error))
        }
    }

    private static func attempt(path: String) throws -> TrackerStore {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // GRDB relaxes this when it turns on the write-ahead log; an acknowledged upload must survive a power cut.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try StoreSchema.prepare(pool)
        return TrackerStore(pool: pool)
    }

    /// Closes the file; later calls fail.
    package func close() throws(TrackerStoreError) {
        do { try pool.close() } catch { throw Self.fault(error) }
    }

    static func fault(_ error: any Error) -> TrackerStoreError {
        if let error = error as? DatabaseError, error.resultCode == .SQLITE_FULL { return .diskFull }
        return .failed(reason: reason(of: error))
    }

    private static func reason(of error: any Error) -> String {
        (error as? DatabaseError).map { $0.message ?? "SQLite error \($0.resultCode.rawValue)" } ?? "\(error)"
    }
}
