import BitTorrentTypes
import SeededRandom
import Testing
import TrackerEngine
import TrackerWire

/// The same tracker without tables: a list that is searched from end to end.
private struct PlainTracker {
    struct Peer: Hashable {
        var torrent: Int
        var id: PeerID
        var address: PeerAddress
        var key: [UInt8]?
        var left: Int
        var lastSeen: Duration
        var hasCompleted = false
    }

    var peers: [Peer] = []
    var completed: [Int: Int] = [:]

    /// Whether the announce is taken.
    mutating func announce(_ peer: Peer, _ event: AnnounceEvent) -> Bool {
        var peer = peer
        let known = peers.firstIndex { old in
            old.torrent == peer.torrent && old.id == peer.id && old.address.ip.isIPv6 == peer.address.ip.isIPv6
        }
        if let known, peers[known].address.ip != peer.address.ip {
            guard let key = peers[known].key, key == peer.key else { return false }
        }
        if let known {
            peer.hasCompleted = peers[known].hasCompleted
            peer.key = peer.key ?? peers[known].key
            peers.remove(at: known)
        }
        guard event != .stopped else { return true }
        peers.removeAll { $0.torrent == peer.torrent && $0.address == peer.address }
        if event == .completed, peer.left == 0, !peer.hasCompleted {
            peer.hasCompleted = true
            completed[peer.torrent, default: 0] += 1
        }
        peers.append(peer)
        return true
    }

    /// Torrents that nobody shares any more lose their counts too.
    mutating func expire(before moment: Duration) {
        peers.removeAll { $0.lastSeen < moment }
        for torrent in completed.keys where !peers.contains(where: { $0.torrent == torrent }) {
            completed[torrent] = nil
        }
    }
}

@Suite struct `Tracker engine, drawn` {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `does what a plain list does`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var plain = PlainTracker()
        var swarm = Swarmers()
        swarm.now = .seconds(10_000)
        // Few ids and fewer addresses, so that they meet; then many, so that tables grow and shrink.
        let crowd = [12, 400][Int(seed % 2)]
        for step in 0..<4_000 {
            if Int.random(in: 0..<40, using: &random) == 0 {
                swarm.now += .seconds(Int.random(in: 1...400, using: &random))
            }
            if step % 500 == 499 {
                var steps = 0
                while !swarm.engine.expire(at: swarm.now, budget: Int.random(in: 1...50, using: &random)) { steps += 1 }
                #expect(steps < 4_000)
                plain.expire(before: swarm.now - swarm.engine.peerLifetime)
            }
            let torrent = Int.random(in: 0..<3, using: &random)
            let number = Int.random(in: 0..<crowd, using: &random)
            let place = UInt64.random(in: 1...UInt64(crowd), using: &random)
            let ip: IPAddress = Bool.random(using: &random) ? .v4(UInt32(place)) : .v6(high: 7, low: place)
            let port = UInt16.random(in: 1...2, using: &random)
            let keys: [[UInt8]?] = [nil, [UInt8(number % 7) + 1], [99]]
            let key = keys[Int.random(in: 0..<3, using: &random)]
            let events: [AnnounceEvent] = [.none, .none, .started, .completed, .stopped]
            let event = events[Int.random(in: 0..<5, using: &random)]
            let left = Int.random(in: 0...1, using: &random) * 1_000
            let wanted = Int.random(in: 0...60, using: &random)
            let peer = PlainTracker.Peer(
                torrent: torrent,
                id: try #require(PeerID(Array("-P20001-0000".utf8) + Swarmers.bytes(number))),
                address: PeerAddress(ip: ip, port: port),
                key: key,
                left: left,
                lastSeen: swarm.now
            )
            guard plain.announce(peer, event) else {
                #expect(throws: AnnounceRefusal.wrongKey) {
                    try swarm.announce(
                        number,
                        torrent: torrent,
                        left: left,
                        event: event,
                        from: ip,
                        port: port,
                        key: key
                    )
                }
                continue
            }
            let response = try swarm.announce(
                number,
                torrent: torrent,
                left: left,
                event: event,
                numwant: wanted,
                from: ip,
                port: port,
                key: key
            )
            if event != .stopped { expect(response, for: peer, wanted, in: plain) }
            if step % 50 == 0 { expect(swarm, plain) }
        }
        expect(swarm, plain)
        // What was saved comes back the same.
        let copy = Swarmers()
        var snapshot = swarm.engine.snapshot()
        TrackerEngine.seal(&snapshot)
        let isWhole = snapshot.withUnsafeBytes { copy.engine.restore($0, at: swarm.now) }
        #expect(isWhole)
        plain.expire(before: swarm.now - swarm.engine.peerLifetime)
        expect(copy, plain)
    }

    /// The answer has others of the swarm, as many as there are or as wanted, and of its own family as long as they last.
    private func expect(
        _ response: AnnounceResponse,
        for asker: PlainTracker.Peer,
        _ wanted: Int,
        in plain: PlainTracker
    ) {
        let useful = plain.peers.filter {
            $0.torrent == asker.torrent && $0.address != asker.address && (asker.left > 0 || $0.left > 0)
        }
        let chosen = Set(response.peers.map(\.address))
        #expect(chosen.count == response.peers.count)
        #expect(chosen.count == min(wanted, useful.count))
        #expect(chosen.isSubset(of: useful.map(\.address)))
        let family = useful.filter { $0.address.ip.isIPv6 == asker.address.ip.isIPv6 }.count
        #expect(chosen.filter { $0.ip.isIPv6 == asker.address.ip.isIPv6 }.count == min(wanted, family))
        for peer in response.peers { #expect(useful.contains { $0.address == peer.address && $0.id == peer.peerID }) }
    }

    private func expect(_ swarm: Swarmers, _ plain: PlainTracker) {
        for torrent in 0..<3 {
            let kept = swarm.engine.peers(of: Swarmers.hash(torrent))
            let peers = plain.peers.filter { $0.torrent == torrent }
            #expect(kept.count == peers.count)
            let rows = Set(kept.map { "\($0.address) \($0.peerID) \($0.left) \($0.lastSeen) \($0.hasCompleted)" })
            #expect(rows == Set(peers.map { "\($0.address) \($0.id) \($0.left) \($0.lastSeen) \($0.hasCompleted)" }))
            let counts = swarm.counts(torrent) ?? [0, 0, 0]
            let seeders = peers.filter { $0.left == 0 }.count
            #expect(counts == [seeders, peers.count - seeders, plain.completed[torrent] ?? 0])
        }
        let stats = swarm.engine.stats(at: swarm.now)
        #expect(stats.peers == plain.peers.count)
        #expect(stats.seeders == plain.peers.filter { $0.left == 0 }.count)
        #expect(stats.completed == plain.completed.values.reduce(0, +))
    }

    @Test func `gives every peer the same chance`() throws {
        var swarm = Swarmers()
        for peer in 0..<130 { try swarm.announce(peer, left: peer < 40 ? 0 : 1) }
        var times: [IPAddress: Int] = [:]
        for _ in 0..<13_000 {
            for peer in try swarm.announce(7, numwant: 10).peers { times[peer.address.ip, default: 0] += 1 }
        }
        // About a thousand times each; a deviation of five sigma would be a wonder.
        #expect(times.count == 129)
        #expect(times.values.allSatisfy { (850...1_170).contains($0) }, "\(times.values.sorted())")
    }
}

@Suite struct `A snapshot of the swarms` {
    private func saved(_ swarm: Swarmers) -> [UInt8] {
        var bytes = swarm.engine.snapshot()
        TrackerEngine.seal(&bytes)
        return bytes
    }

    @Test func `gives back peers, unless they are old or known better`() throws {
        var before = Swarmers()
        for peer in 1...3 { try before.announce(peer, left: peer, event: .started) }
        before.now += .seconds(3_000)
        try before.announce(2, left: 0, event: .completed)
        try before.announce(1, torrent: 1, from: .v6(high: 1, low: 2), key: [1, 2, 3])
        var after = Swarmers()
        after.now = before.now + .seconds(300)
        try after.announce(2, left: 77)
        #expect(saved(before).withUnsafeBytes { after.engine.restore($0, at: after.now) })
        #expect(after.counts() == [0, 1, 1], "the first and the third were silent for too long")
        #expect(after.engine.peers(of: Swarmers.hash(0)).map(\.left) == [77])
        #expect(after.counts(1) == [0, 1, 0])
        #expect(throws: AnnounceRefusal.wrongKey) {
            try after.announce(1, torrent: 1, from: .v6(high: 1, low: 3), key: [1, 2])
        }
        try after.announce(1, torrent: 1, from: .v6(high: 1, low: 3), key: [1, 2, 3])
    }

    @Test func `gives nothing when it is damaged or cut`() throws {
        var swarm = Swarmers()
        for peer in 0..<20 { try swarm.announce(peer) }
        let whole = saved(swarm)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            var bytes = whole
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 1...whole.count, using: &random))
            } else {
                bytes[Int.random(in: 0..<whole.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let copy = Swarmers()
            #expect(!bytes.withUnsafeBytes { copy.engine.restore($0, at: swarm.now) })
            #expect(copy.engine.stats(at: swarm.now).peers == 0)
        }
    }

    @Test func `survives what nobody wrote, with a right checksum`() throws {
        var swarm = Swarmers()
        for peer in 0..<20 { try swarm.announce(peer, from: peer % 2 == 0 ? nil : .v6(high: 1, low: UInt64(peer))) }
        let whole = saved(swarm)
        var random = SeededGenerator(seed: 6)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 8..<whole.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            TrackerEngine.seal(&bytes)
            var copy = Swarmers()
            #expect(bytes.withUnsafeBytes { copy.engine.restore($0, at: swarm.now) })
            // A row that was changed may be somebody else's now.
            do { try copy.announce(1) } catch let refusal as AnnounceRefusal { #expect(refusal == .wrongKey) }
        }
    }

    @Test func `in listed mode brings back only what is listed`() throws {
        var before = Swarmers()
        try before.announce(1)
        try before.announce(1, torrent: 1)
        let after = Swarmers(mode: .listed)
        after.engine.list(Swarmers.hash(1), completed: 3, at: after.now)
        #expect(saved(before).withUnsafeBytes { after.engine.restore($0, at: after.now) })
        #expect(after.counts() == nil)
        #expect(after.counts(1) == [0, 1, 3])
    }
}
