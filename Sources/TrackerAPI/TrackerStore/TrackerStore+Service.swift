import GRDB

/// What the service keeps about itself from one start to the next.
package enum ServiceFact: String, Sendable {
    /// The port that was free last time; torrents that were made then name it.
    case httpPort = "http_port"
}

extension TrackerStore {
    package func recall(_ fact: ServiceFact) async throws(TrackerStoreError) -> String? {
        do {
            return try await pool.read { database in
                let sql = "SELECT value FROM service WHERE key = ?"
                return try Row.fetchOne(database, sql: sql, arguments: [fact.rawValue])?.cell(0)
            }
        } catch { throw fault(error) }
    }

    package func remember(_ fact: ServiceFact, _ value: String) async throws(TrackerStoreError) {
        do {
            try await pool.write { database in
                let sql = "INSERT INTO service VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                try database.execute(sql: sql, arguments: [fact.rawValue, value])
            }
        } catch { throw fault(error) }
    }
}
