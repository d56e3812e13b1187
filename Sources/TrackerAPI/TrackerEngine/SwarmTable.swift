import BitTorrentTypes
import DequeModule

/// The swarms by info-hash, as a list that can be walked in steps, and those that nobody listed by their age.
struct SwarmTable {
    /// A swarm that is not listed, and when it was last heard of at the time it was put here.
    ///
    /// Swarms of the same info-hash come and go, so each has a number of its own.
    private struct Aged {
        let infoHash: InfoHash
        let number: UInt32
        let stamp: UInt32
    }

    private var swarms: [InfoHash: Swarm] = [:]
    /// In no order; a swarm knows its position.
    private(set) var all: [Swarm] = []
    private var ages: Deque<Aged> = []
    private var lastNumber: UInt32 = 0
    private(set) var unlistedCount = 0

    subscript(_ infoHash: InfoHash) -> Swarm? { swarms[infoHash] }

    /// The swarm of a torrent that is listed from now on.
    mutating func list(_ infoHash: InfoHash, at second: UInt32) -> Swarm {
        if let swarm = swarms[infoHash] {
            if !swarm.isListed { unlistedCount -= 1 }
            swarm.isListed = true
            return swarm
        }
        let swarm = append(infoHash, at: second)
        swarm.isListed = true
        return swarm
    }

    /// A new swarm of a torrent that is not listed.
    mutating func add(_ infoHash: InfoHash, at second: UInt32) -> Swarm {
        let swarm = append(infoHash, at: second)
        unlistedCount += 1
        ages.append(Aged(infoHash: infoHash, number: swarm.number, stamp: second))
        if ages.count > 2 * unlistedCount + 64 {
            ages.removeAll { [swarms] age in swarms[age.infoHash].map { $0.number != age.number || $0.isListed } ?? true
            }
        }
        return swarm
    }

    mutating func remove(_ swarm: Swarm) {
        guard swarms.removeValue(forKey: swarm.infoHash) != nil else { return }
        if !swarm.isListed { unlistedCount -= 1 }
        let last = all.removeLast()
        if last !== swarm {
            all[swarm.position] = last
            last.position = swarm.position
        }
    }

    /// The swarm that is not listed and was heard of least recently.
    ///
    /// An entry whose swarm was heard of since goes back to the end with its new stamp, so each step is paid by an
    /// announce.
    mutating func leastRecent() -> Swarm? {
        while let age = ages.popFirst() {
            guard let swarm = swarms[age.infoHash], swarm.number == age.number, !swarm.isListed else { continue }
            guard swarm.lastAnnounce > age.stamp else { return swarm }
            ages.append(Aged(infoHash: age.infoHash, number: age.number, stamp: swarm.lastAnnounce))
        }
        return nil
    }

    private mutating func append(_ infoHash: InfoHash, at second: UInt32) -> Swarm {
        lastNumber &+= 1
        let swarm = Swarm(infoHash, number: lastNumber, lastAnnounce: second)
        swarm.position = all.count
        all.append(swarm)
        swarms[infoHash] = swarm
        return swarm
    }
}
