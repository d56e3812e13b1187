import BitTorrentTypes
import TrackerWire

/// All peers of one torrent, each in exactly one of four groups.
///
///                 seeders     leechers
///     IPv4        [p p p p]   [p p p]        contiguous: a peer that leaves is replaced by the last one,
///     IPv6        [p]         [p p]          so joining, finding and leaving cost the same at any size
///
/// - Units: about 400 bytes of memory a peer.
struct Swarm: Sendable {
    private struct Place {
        let group: Int
        let index: Int
    }

    /// A client is known by its id, once for IPv4 and once for IPv6.
    private struct Identity: Hashable {
        let id: PeerID
        let isIPv6: Bool
    }

    private var groups: [[SwarmPeer]] = [[], [], [], []]
    private var places: [PeerAddress: Place] = [:]
    private var addresses: [Identity: PeerAddress] = [:]
    /// Downloads that were completed.
    var completed = 0
    var lastAnnounce: Duration

    init(completed: Int = 0, lastAnnounce: Duration) {
        self.completed = completed
        self.lastAnnounce = lastAnnounce
    }

    var count: Int { places.count }
    var seeders: Int { groups[0].count + groups[2].count }
    var leechers: Int { groups[1].count + groups[3].count }
    var peers: [SwarmPeer] { groups.flatMap { $0 } }

    subscript(_ address: PeerAddress) -> SwarmPeer? {
        places[address].map { groups[$0.group][$0.index] }
    }

    /// Where the client `id` was last, in the family of `address`.
    func address(of id: PeerID, inFamilyOf address: PeerAddress) -> PeerAddress? {
        addresses[Identity(id: id, isIPv6: address.ip.isIPv6)]
    }

    // MARK: - Joining and leaving

    /// Takes a peer in, instead of whatever was known of its address or its id.
    mutating func insert(_ peer: SwarmPeer) {
        if let place = places[peer.address], place.group == Self.group(of: peer),
            groups[place.group][place.index].peerID == peer.peerID
        {
            groups[place.group][place.index] = peer
            return
        }
        remove(peer.address)
        if let old = address(of: peer.peerID, inFamilyOf: peer.address) { remove(old) }
        let group = Self.group(of: peer)
        places[peer.address] = Place(group: group, index: groups[group].count)
        addresses[Identity(id: peer.peerID, isIPv6: peer.address.ip.isIPv6)] = peer.address
        groups[group].append(peer)
    }

    @discardableResult
    mutating func remove(_ address: PeerAddress) -> SwarmPeer? {
        guard let place = places.removeValue(forKey: address) else { return nil }
        let peer = groups[place.group][place.index]
        addresses[Identity(id: peer.peerID, isIPv6: address.ip.isIPv6)] = nil
        let last = groups[place.group].removeLast()
        if place.index < groups[place.group].count {
            groups[place.group][place.index] = last
            places[last.address] = place
        }
        return peer
    }

    /// Makes room in a full swarm: any peer may have to go, so nobody can plan who stays.
    mutating func removeAny(using generator: inout some RandomNumberGenerator) {
        guard count > 0 else { return }
        var index = Int.random(in: 0..<count, using: &generator)
        for group in groups {
            if index < group.count {
                remove(group[index].address)
                return
            }
            index -= group.count
        }
    }

    /// Removes who was last seen before `moment`; returns how many.
    mutating func expire(before moment: Duration) -> Int {
        let gone = groups.joined().filter { $0.lastSeen < moment }.map(\.address)
        for address in gone { remove(address) }
        return gone.count
    }

    // MARK: - Choosing

    /// At most `count` peers for `asker`, at random, of its own family first; a seeder has no use for seeders.
    func choose(
        _ count: Int,
        for asker: PeerAddress,
        isSeeder: Bool,
        using generator: inout some RandomNumberGenerator
    ) -> [TrackerPeer] {
        let own = asker.ip.isIPv6 ? 2 : 0
        var chosen: [TrackerPeer] = []
        for family in [own, 2 - own] where chosen.count < count {
            let wanted = count - chosen.count
            let seeders = isSeeder ? 0 : groups[family].count
            let total = seeders + groups[family + 1].count
            // One more than wanted, because the asker may be among them.
            let indices = Self.sample(wanted + 1, of: total, using: &generator)
            let peers = indices.lazy.map { index in
                index < seeders ? groups[family][index] : groups[family + 1][index - seeders]
            }
            chosen += peers.filter { $0.address != asker }.prefix(wanted).map {
                TrackerPeer(address: $0.address, peerID: $0.peerID)
            }
        }
        return chosen
    }

    /// `count` different numbers below `total` in random order, without a list of all of them (Floyd).
    private static func sample(
        _ count: Int,
        of total: Int,
        using generator: inout some RandomNumberGenerator
    ) -> [Int] {
        guard count < total else { return Array(0..<total).shuffled(using: &generator) }
        var taken = Set<Int>(minimumCapacity: count)
        var sample: [Int] = []
        for top in total - count..<total {
            let number = Int.random(in: 0...top, using: &generator)
            let fresh = taken.insert(number).inserted ? number : top
            taken.insert(fresh)
            sample.append(fresh)
        }
        return sample.shuffled(using: &generator)
    }

    private static func group(of peer: SwarmPeer) -> Int {
        (peer.address.ip.isIPv6 ? 2 : 0) + (peer.isSeeder ? 0 : 1)
    }
}
