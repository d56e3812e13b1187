import BitTorrentTypes

/// All peers of one torrent: a table for each address family.
///
/// A client is known by its id, once for IPv4 and once for IPv6, and an address belongs to one client.
///
/// The engine is its only owner and touches one property at a time, so the check at run time that nobody else does is left
/// out here and there: it was a tenth of an announce.
final class Swarm {
    let infoHash: InfoHash
    /// Tells it from an earlier swarm of the same torrent.
    let number: UInt32
    @exclusivity(unchecked) var four = PeerTable(isIPv6: false)
    @exclusivity(unchecked) var six = PeerTable(isIPv6: true)
    /// Downloads that were completed.
    @exclusivity(unchecked) var completed = 0
    /// Seconds of the caller's clock.
    @exclusivity(unchecked) var lastAnnounce: UInt32
    @exclusivity(unchecked) var isListed = false
    /// Its place in the engine's list of swarms.
    var position = 0

    init(_ infoHash: InfoHash, number: UInt32, lastAnnounce: UInt32) {
        self.infoHash = infoHash
        self.number = number
        self.lastAnnounce = lastAnnounce
    }

    var count: Int { four.count + six.count }
    var seeders: Int { four.seeders + six.seeders }
    var leechers: Int { four.leechers + six.leechers }

    var counts: SwarmCounts {
        SwarmCounts(
            seeders: seeders,
            leechers: leechers,
            completed: completed,
            lastAnnounce: .seconds(Int64(lastAnnounce))
        )
    }

    var peers: [SwarmPeer] {
        (0..<four.count).map { SwarmPeer(four.address(at: $0), four.details(at: $0)) }
            + (0..<six.count).map { SwarmPeer(six.address(at: $0), six.details(at: $0)) }
    }

    /// Chooses peers for an asker of one family, its own first; a seeder has no use for seeders.
    func choose(
        _ wanted: Int,
        for asker: Int?,
        isIPv6: Bool,
        isSeeder: Bool,
        into selection: PeerSelection,
        using generator: inout QuickGenerator
    ) {
        func add(_ table: borrowing PeerTable, _ count: Int, except row: Int?) {
            selection.add(count, from: table, leechersOnly: isSeeder, except: row, using: &generator)
        }
        if isIPv6 { add(six, wanted, except: asker) } else { add(four, wanted, except: asker) }
        let rest = wanted - selection.fourCount - selection.sixCount
        guard rest > 0, !selection.ownFamilyOnly else { return }
        if isIPv6 { add(four, rest, except: nil) } else { add(six, rest, except: nil) }
    }

    /// Makes room in a full swarm: any peer may have to go, so nobody can plan who stays.
    func removeAny(_ hash: KeyedHash, using generator: inout QuickGenerator) {
        guard count > 0 else { return }
        let row = generator.below(count)
        if row < four.count { four.remove(row, hash) } else { six.remove(row - four.count, hash) }
    }

    /// Looks at rows from `row` downwards, at most `budget` of both tables together; whoever fills a hole was looked at.
    ///
    /// Returns the row to go on from, which is negative when all were looked at.
    func expire(before moment: UInt32, from row: Int, budget: inout Int, _ hash: KeyedHash) -> Int {
        var row = min(row, count - 1)
        while row >= 0, budget > 0 {
            budget -= 1
            // The rows of IPv6 stand behind those of IPv4.
            if row >= four.count {
                let place = row - four.count
                if six.lastSeen(at: place) < moment { six.remove(place, hash) }
            } else if four.lastSeen(at: row) < moment {
                four.remove(row, hash)
            }
            row -= 1
        }
        return row
    }
}
