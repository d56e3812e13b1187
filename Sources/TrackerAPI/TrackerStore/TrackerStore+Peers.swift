package import BitTorrentTypes
import GRDB

extension TrackerStore {
    /// Replaces the saved swarms, and the completed counts of listed torrents, in one transaction.
    package func saveSwarms(
        _ peers: [PeerRecord],
        completed: [InfoHash: Int]
    ) async throws(TrackerStoreError) {
        do {
            try await pool.write { database in
                try database.execute(sql: "DELETE FROM peers")
                let insert = try database.makeStatement(
                    sql: """
                        INSERT INTO peers (info_hash, ip, port, peer_id, uploaded, downloaded, left_bytes, last_seen,
                            key, has_completed)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """
                )
                for peer in peers {
                    try insert.execute(arguments: [
                        peer.infoHash.hex, peer.address.ip.description, Int(peer.address.port),
                        peer.peerID.bytes.asData, peer.uploaded, peer.downloaded, peer.left, peer.lastSeen,
                        peer.key?.asData, peer.hasCompleted,
                    ])
                }
                let update = try database.makeStatement(
                    sql: "UPDATE torrents SET completed = ?1 WHERE info_hash = ?2 AND completed <> ?1"
                )
                for (infoHash, count) in completed {
                    try update.execute(arguments: [count, infoHash.hex])
                }
            }
        } catch { throw fault(error) }
    }

    /// The peers of the last snapshot that were seen at `since` or later; rows that make no sense are left out.
    package func savedPeers(since: Int) async throws(TrackerStoreError) -> [PeerRecord] {
        do {
            return try await pool.read { database in
                let sql = """
                    SELECT info_hash, ip, port, peer_id, uploaded, downloaded, left_bytes, last_seen, key, has_completed
                    FROM peers WHERE last_seen >= ?
                    """
                return try Row.fetchAll(database, sql: sql, arguments: [since]).compactMap(PeerRecord.init)
            }
        } catch { throw fault(error) }
    }
}

extension PeerRecord {
    fileprivate init?(row: Row) {
        guard let infoHash = row.cell(0).flatMap({ InfoHash(hex: $0) }),
            let ip = row.cell(1, as: String.self).flatMap({ IPAddress($0) }),
            let port = UInt16(exactly: row.amount(2)), port > 0, let peerID = row.bytes(3).flatMap({ PeerID($0) })
        else { return nil }
        self.init(
            infoHash: infoHash,
            address: PeerAddress(ip: ip, port: port),
            peerID: peerID,
            uploaded: row.amount(4),
            downloaded: row.amount(5),
            left: row.amount(6),
            lastSeen: row.amount(7)
        )
        key = row.bytes(8)
        hasCompleted = row.cell(9) ?? false
    }
}
