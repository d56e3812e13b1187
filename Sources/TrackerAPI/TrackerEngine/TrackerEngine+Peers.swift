import BitTorrentTypes
import TrackerWire

/// How peers come and go.
extension TrackerEngine {
    /// A peer id may move to another address only with the key it was first seen with.
    func checkIdentity(_ announce: PeerAnnounce, of swarm: Swarm, at row: Int) throws(AnnounceRefusal) {
        let isIPv6 = announce.address.ip.isIPv6
        let old = isIPv6 ? swarm.six.address(at: row) : swarm.four.address(at: row)
        guard old.ip != announce.address.ip else { return }
        let key = isIPv6 ? swarm.six.details(at: row).key : swarm.four.details(at: row).key
        guard key != 0, key == announce.key else { throw .wrongKey }
    }

    /// Takes a peer in, instead of whatever was known of its address or its id; returns its row if it has one.
    @discardableResult
    func join(
        _ swarm: Swarm,
        _ announce: PeerAnnounce,
        known: Int?,
        at second: UInt32,
        using generator: inout QuickGenerator
    ) -> Int? {
        let before = (peers: swarm.count, seeders: swarm.seeders, completed: swarm.completed)
        defer { count(swarm, since: before) }
        swarm.lastAnnounce = second
        if known == nil {
            guard peerCount < limits.peers else { return nil }
            if swarm.count >= min(limits.peersPerTorrent, PeerTable.largestCount) {
                swarm.removeAny(hash, using: &generator)
            }
        }
        return announce.address.ip.isIPv6
            ? enter(&swarm.six, swarm, announce, known, second) : enter(&swarm.four, swarm, announce, known, second)
    }

    private func enter(
        _ table: inout PeerTable,
        _ swarm: Swarm,
        _ announce: PeerAnnounce,
        _ known: Int?,
        _ second: UInt32
    ) -> Int? {
        var details = PeerDetails(
            id: announce.peerID,
            key: announce.key,
            lastSeen: second,
            uploaded: announce.uploaded,
            downloaded: announce.downloaded,
            left: announce.left,
            hasCompleted: false
        )
        let old = known.map { table.details(at: $0) }
        if let old {
            totals.moved(from: old, uploaded: announce.uploaded, downloaded: announce.downloaded)
            details.hasCompleted = old.hasCompleted
            if details.key == 0 { details.key = old.key }
        }
        if announce.event == .completed, announce.isSeeder, !details.hasCompleted {
            details.hasCompleted = true
            swarm.completed += 1
        }
        if let known {
            if table.address(at: known) == announce.address {
                table.update(known, details, hash)
                // It may have changed groups, and so its row.
                return old?.left == 0 && details.left == 0 || old?.left != 0 && details.left != 0
                    ? known : table.row(of: announce.peerID, hash)
            }
            table.remove(known, hash)
        }
        // A client that was started again has another id at the same address.
        if let occupant = table.row(of: announce.address, hash) { table.remove(occupant, hash) }
        return table.insert(announce.address, details, hash)
    }

    func leave(_ swarm: Swarm, _ announce: PeerAnnounce, at row: Int, _ second: UInt32) {
        let before = (peers: swarm.count, seeders: swarm.seeders, completed: swarm.completed)
        defer { count(swarm, since: before) }
        swarm.lastAnnounce = second
        let isIPv6 = announce.address.ip.isIPv6
        let known = isIPv6 ? swarm.six.details(at: row) : swarm.four.details(at: row)
        totals.moved(from: known, uploaded: announce.uploaded, downloaded: announce.downloaded)
        if isIPv6 { swarm.six.remove(row, hash) } else { swarm.four.remove(row, hash) }
    }

    /// Brings the numbers of the whole up to date with those of one swarm.
    func count(_ swarm: Swarm, since before: (peers: Int, seeders: Int, completed: Int)) {
        peerCount += swarm.count - before.peers
        seederCount += swarm.seeders - before.seeders
        completedCount += swarm.completed - before.completed
    }

    func remove(_ swarm: Swarm) {
        peerCount -= swarm.count
        seederCount -= swarm.seeders
        completedCount -= swarm.completed
        table.remove(swarm)
    }

    /// Drops the torrent that was heard of least recently, when there are too many.
    func makeRoom() {
        while table.unlistedCount >= limits.unlistedTorrents, let swarm = table.leastRecent() { remove(swarm) }
    }

    /// Forgets peers that have been silent too long, and torrents that nobody listed and nobody shares.
    ///
    /// Looks at no more than `budget` peers and torrents; the next call goes on from there. Returns whether a round over
    /// all of them came to its end.
    @discardableResult
    package func expire(at now: Duration, budget: Int = .max) -> Bool {
        let second = Self.second(of: now - peerLifetime)
        var budget = budget
        var (position, row) = expiring ?? (table.all.count - 1, Int.max)
        position = min(position, table.all.count - 1)
        while position >= 0, budget > 0 {
            budget -= 1
            let swarm = table.all[position]
            let before = (peers: swarm.count, seeders: swarm.seeders, completed: swarm.completed)
            row = swarm.expire(before: second, from: row, budget: &budget, hash)
            count(swarm, since: before)
            guard row < 0 else { break }
            if swarm.count == 0, !swarm.isListed { remove(swarm) }
            position -= 1
            row = .max
        }
        expiring = position < 0 ? nil : (position, row)
        return position < 0
    }
}
