import GRDB

/// The catalogue on disk: one SQLite file, `db/p2p.db`.
///
/// What a call acknowledged survives a crash of this process and of the machine: the log is written ahead and
/// flushed at every commit. Announces never come here; the swarms are saved as one snapshot now and then.
package final class TrackerStore: Sendable {
    let pool: DatabasePool
    let files: StoreFiles

    init(pool: DatabasePool, files: StoreFiles) {
        self.pool = pool
        self.files = files
    }

    /// Closes the file; later calls fail.
    package func close() throws(TrackerStoreError) {
        do { try pool.close() } catch { throw fault(error) }
    }

    /// What a caller needs of an error; damage is remembered for the next start, which then looks at everything.
    func fault(_ error: any Error) -> TrackerStoreError {
        guard let error = error as? DatabaseError else { return .failed(reason: "\(error)") }
        switch error.resultCode {
        case .SQLITE_FULL:
            return .diskFull
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return .busy
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            files.suspect()
            return .failed(reason: Self.reason(of: error))
        default:
            return .failed(reason: Self.reason(of: error))
        }
    }

    static func reason(of error: any Error) -> String {
        (error as? DatabaseError).map { $0.message ?? "SQLite error \($0.resultCode.rawValue)" } ?? "\(error)"
    }
}
