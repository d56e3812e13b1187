import BitTorrentTypes
import Testing
import TrackerEngine
import TrackerWire

@Suite struct `Tracker engine` {
    @Test func `lets peers find each other, but not themselves`() throws {
        var swarm = Swarmers()
        #expect(try swarm.announce(1, event: .started).peers.isEmpty)
        #expect(try swarm.announce(2, event: .started).peers.map(\.address.ip) == [Swarmers.ip(1)])
        let response = try swarm.announce(1)
        #expect(response.peers.map(\.address.ip) == [Swarmers.ip(2)])
        #expect(response.peers[0].peerID?.bytes.last == 2)
        #expect((response.interval, response.minInterval) == (1_800, 60))
        #expect((response.complete, response.incomplete) == (0, 2))
    }

    @Test func `gives a seeder leechers only`() throws {
        var swarm = Swarmers()
        for peer in 0..<40 { try swarm.announce(peer, left: peer < 20 ? 0 : 1) }
        let seeder = try swarm.announce(0, left: 0, numwant: 100)
        #expect(Set(seeder.peers.map(\.address.ip)) == Set((20..<40).map(Swarmers.ip)))
        let leecher = try swarm.announce(39, numwant: 100)
        #expect(Set(leecher.peers.map(\.address.ip)) == Set((0..<39).map(Swarmers.ip)))
        #expect(swarm.counts() == [20, 20, 0])
    }

    @Test(arguments: [(nil, 50), (0, 0), (1, 1), (100, 100), (1_000_000_000, 100)] as [(Int?, Int)])
    func `gives as many peers as asked, a hundred at most, each once`(numwant: Int?, count: Int) throws {
        var swarm = Swarmers()
        for peer in 0..<500 { try swarm.announce(peer, left: peer % 2) }
        for _ in 0..<20 {
            let peers = try swarm.announce(7, numwant: numwant).peers
            #expect(peers.count == count)
            #expect(Set(peers.map(\.address)).count == count)
            #expect(!peers.contains { $0.address.ip == Swarmers.ip(7) })
        }
    }

    @Test func `chooses everybody in time`() throws {
        var swarm = Swarmers()
        for peer in 0..<200 { try swarm.announce(peer) }
        var seen: Set<IPAddress> = []
        for _ in 0..<200 { seen.formUnion(try swarm.announce(0, numwant: 10).peers.map(\.address.ip)) }
        #expect(seen.count == 199)
    }

    @Test func `keeps IPv4 and IPv6 apart, the asker's own first`() throws {
        var swarm = Swarmers()
        let six = (0..<10).map { IPAddress.v6(high: 0x2001_0DB8_0000_0000, low: UInt64($0 + 1)) }
        for peer in 0..<10 {
            try swarm.announce(peer)
            try swarm.announce(peer, from: six[peer])
        }
        #expect(swarm.counts() == [0, 20, 0])
        #expect(try swarm.announce(0, numwant: 9).peers.allSatisfy { !$0.address.ip.isIPv6 })
        #expect(try swarm.announce(0, numwant: 9, from: six[0]).peers.allSatisfy { $0.address.ip.isIPv6 })
        #expect(try swarm.announce(0, numwant: 100).peers.filter { $0.address.ip.isIPv6 }.count == 10)
    }

    @Test func `forgets who stops and ignores a stop of somebody unknown`() throws {
        var swarm = Swarmers()
        try swarm.announce(1)
        try swarm.announce(2)
        #expect(try swarm.announce(1, event: .stopped).peers.isEmpty)
        #expect(swarm.counts() == [0, 1, 0])
        try swarm.announce(9, event: .stopped)
        try swarm.announce(9, torrent: 5, event: .stopped)
        #expect(swarm.counts() == [0, 1, 0])
        #expect(swarm.counts(5) == nil)
    }

    @Test func `counts a download once`() throws {
        var swarm = Swarmers()
        try swarm.announce(1)
        try swarm.announce(1, left: 0, event: .completed)
        try swarm.announce(1, left: 0, event: .completed)
        try swarm.announce(2, left: 5, event: .completed)
        #expect(swarm.counts() == [1, 1, 1])
        let scrape = swarm.engine.scrape(ScrapeRequest(infoHashes: [Swarmers.hash(0), Swarmers.hash(77)]))
        #expect(scrape.torrents == [Swarmers.hash(0): .init(complete: 1, downloaded: 1, incomplete: 1)])
    }

    @Test func `moves a peer to another address only with its key`() throws {
        var swarm = Swarmers()
        try swarm.announce(1, key: [1])
        #expect(throws: AnnounceRefusal.wrongKey) { try swarm.announce(1, from: Swarmers.ip(66), key: [2]) }
        #expect(throws: AnnounceRefusal.wrongKey) { try swarm.announce(1, event: .stopped, from: Swarmers.ip(66)) }
        #expect(swarm.counts() == [0, 1, 0])
        try swarm.announce(1, from: Swarmers.ip(66), key: [1])
        #expect(swarm.engine.peers(of: Swarmers.hash(0)).map(\.address.ip) == [Swarmers.ip(66)])
        try swarm.announce(1, from: Swarmers.ip(66), port: 7_000, key: [3])
        #expect(swarm.engine.peers(of: Swarmers.hash(0)).map(\.address.port) == [7_000])
    }

    @Test func `takes a restarted client for the one it replaces`() throws {
        var swarm = Swarmers()
        try swarm.announce(1, from: Swarmers.ip(1))
        try swarm.announce(2, from: Swarmers.ip(1))
        #expect(swarm.counts() == [0, 1, 0])
        #expect(swarm.engine.stats(at: swarm.now).peers == 1)
    }

    @Test func `forgets the silent after almost two intervals`() throws {
        var swarm = Swarmers()
        swarm.engine.list(Swarmers.hash(1), completed: 7, at: swarm.now)
        try swarm.announce(1)
        try swarm.announce(1, torrent: 1)
        swarm.now += .seconds(1_800)
        try swarm.announce(2)
        swarm.now += .seconds(1_350)
        #expect(swarm.engine.expire(at: swarm.now))
        #expect(swarm.counts() == [0, 2, 0])
        swarm.now += .seconds(1)
        #expect(swarm.engine.expire(at: swarm.now))
        #expect(swarm.counts() == [0, 1, 0])
        #expect(swarm.counts(1) == [0, 0, 7])
        swarm.now += .seconds(4_000)
        #expect(swarm.engine.expire(at: swarm.now))
        #expect(swarm.counts() == nil)
        #expect(swarm.engine.stats(at: swarm.now).torrents == 1)
    }

    @Test func `tracks only what is listed when told so`() throws {
        var swarm = Swarmers(mode: .listed)
        #expect(throws: AnnounceRefusal.notListed) { try swarm.announce(1) }
        swarm.engine.list(Swarmers.hash(0), at: swarm.now)
        try swarm.announce(1)
        swarm.engine.unlist(Swarmers.hash(0))
        #expect(throws: AnnounceRefusal.notListed) { try swarm.announce(1) }
        #expect(swarm.engine.stats(at: swarm.now).peers == 0)
    }

    @Test func `bounds the torrents, the least recent go and the listed stay`() throws {
        var limits = TrackerEngine.Limits()
        limits.unlistedTorrents = 100
        var swarm = Swarmers(limits: limits)
        swarm.engine.list(Swarmers.hash(0), at: swarm.now)
        for torrent in 0..<2_000 {
            swarm.now += .seconds(1)
            try swarm.announce(1, torrent: torrent)
            try swarm.announce(1, torrent: 1)
        }
        let stats = swarm.engine.stats(at: swarm.now)
        #expect(stats.torrents == 101)
        #expect(stats.peers == 101)
        #expect(swarm.counts(0) != nil && swarm.counts(1) != nil && swarm.counts(1_999) != nil)
        #expect(swarm.counts(2) == nil)
    }

    @Test func `bounds the peers of a torrent and of all`() throws {
        var limits = TrackerEngine.Limits()
        limits.peersPerTorrent = 50
        limits.peers = 60
        var swarm = Swarmers(limits: limits)
        for peer in 0..<1_000 { try swarm.announce(peer) }
        #expect(swarm.counts() == [0, 50, 0])
        for peer in 0..<100 { #expect(try swarm.announce(peer, torrent: 1).interval == 1_800) }
        #expect(swarm.engine.stats(at: swarm.now).peers == 60)
    }

    @Test func `stays consistent under random announces`() throws {
        var swarm = Swarmers()
        var truth: [Int: Int] = [:]
        for _ in 0..<5_000 {
            let peer = Int.random(in: 0..<60)
            let left = Int.random(in: 0...1)
            let isLeaving = Int.random(in: 0..<4) == 0
            try swarm.announce(peer, left: left, event: isLeaving ? .stopped : .none)
            truth[peer] = isLeaving ? nil : left
        }
        let seeders = truth.values.filter { $0 == 0 }.count
        #expect(swarm.counts() == [seeders, truth.count - seeders, 0])
        #expect(
            Set(swarm.engine.peers(of: Swarmers.hash(0)).map(\.address.ip)) == Set(truth.keys.map(Swarmers.ip))
        )
    }

    @Test func `adds up what it has seen`() throws {
        var swarm = Swarmers()
        try swarm.announce(1, moved: 100)
        try swarm.announce(1, moved: 150)
        try swarm.announce(1, moved: 20)
        try swarm.announce(1, event: .stopped, moved: .max)
        let stats = swarm.engine.stats(at: swarm.now)
        #expect(stats.announces == 4)
        #expect(stats.uploaded == 50 + (1 << 48) - 1 - 20, "no counter is believed past 256 TiB")
        #expect(stats.announceRate == 4.0 / 60)
        #expect(swarm.engine.stats(at: swarm.now + .seconds(60)).announceRate == 0)
    }
}

@Suite struct `Client name` {
    @Test(arguments: [
        ("-P20001-abcdefghijkl", "p2p 0.1"),
        ("-TR4050-abcdefghijkl", "Transmission 4.0.5"),
        ("-TR3000-abcdefghijkl", "Transmission 3.0"),
        ("-qB4520-abcdefghijkl", "qBittorrent 4.5.2"),
        ("-lt0D80-abcdefghijkl", "rTorrent 0.D.8"),
        ("-ZZ1234-abcdefghijkl", "ZZ 1234"),
        ("A2-1-36-0-abcdefghij", "aria2 1.36.0"),
        ("M7-11-0--abcdefghijk", "Mainline 7.11.0"),
        ("\u{1B}[31m\n<b>abcdefghijk", "\\u{1b}[31m\\u{a}<b"),
    ])
    func `is read from the peer id`(id: String, name: String) throws {
        #expect(ClientName.of(try #require(PeerID(Array(id.utf8)))) == name)
    }
}
