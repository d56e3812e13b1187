package import BitTorrentTypes
package import TrackerWire

/// The swarms of a tracker: who shares which torrent, decided without a socket, a file or a clock.
///
///     announce ──► swarm of the torrent: peer joins, moves, leaves ──► other peers at random
///     expire   ──► peers silent for almost two intervals go, then torrents that are empty and not listed
///
/// An announce of a peer that is known allocates nothing; one that joins does when the table of its swarm grows.
/// Not for two threads at once: the caller has one engine for each part of the info-hashes, and a lock around each.
///
/// - Units: `now` is the time since an origin of the caller's choice that does not jump; it is kept in whole seconds.
package final class TrackerEngine {
    /// Which torrents are tracked.
    package enum Mode: String, CaseIterable, Hashable, Sendable {
        /// Any that a client names.
        case open
        /// Those that were listed.
        case listed
    }

    /// What bounds the memory: at most 75 bytes a peer (IPv6: 90), and 300 a torrent.
    package struct Limits: Hashable, Sendable {
        /// Torrents that nobody listed; the one unheard of for longest makes room.
        package var unlistedTorrents = 200_000
        /// A peer picked at random makes room; 65,000 at most.
        package var peersPerTorrent = 65_000
        /// Peers past this get their answer, but are not remembered.
        package var peers = 2_000_000

        package init() {}
    }

    package let mode: Mode
    package let interval: Duration
    package let limits: Limits

    let hash: KeyedHash
    @exclusivity(unchecked) var table = SwarmTable()
    @exclusivity(unchecked) var totals = TrackerTotals()
    @exclusivity(unchecked) var peerCount = 0
    @exclusivity(unchecked) var seederCount = 0
    @exclusivity(unchecked) var completedCount = 0
    /// Where the expiry goes on: a place in the list of swarms, and a row of that one.
    var expiring: (position: Int, row: Int)?

    /// The generator gives the secret under which tables are hashed.
    package init(
        mode: Mode = .open,
        interval: Duration = .seconds(1_800),
        limits: Limits = Limits(),
        using generator: inout some RandomNumberGenerator
    ) {
        self.mode = mode
        self.interval = min(max(interval, .seconds(60)), .seconds(86_400))
        self.limits = limits
        hash = KeyedHash(using: &generator)
    }

    /// How long a peer that says nothing more is remembered: one announce may be lost.
    package var peerLifetime: Duration { interval * 7 / 4 }

    /// Seconds until a client is to come back.
    package var intervalSeconds: Int { Int(interval.components.seconds) }

    package static let minimumInterval = 60

    /// A moment as the tables keep it.
    package static func second(of now: Duration) -> UInt32 { UInt32(clamping: now.components.seconds) }

    // MARK: - Torrents

    /// Tracks a torrent from now on, however quiet; `completed` counts downloads from before.
    package func list(_ infoHash: InfoHash, completed: Int = 0, at now: Duration) {
        let swarm = table.list(infoHash, at: Self.second(of: now))
        let before = swarm.completed
        swarm.completed = max(before, completed)
        completedCount += swarm.completed - before
    }

    /// Forgets a torrent, its peers too.
    package func unlist(_ infoHash: InfoHash) {
        if let swarm = table[infoHash] { remove(swarm) }
    }

    package func isListed(_ infoHash: InfoHash) -> Bool { table[infoHash]?.isListed ?? false }

    // MARK: - Requests

    /// Serves one announce; the peers of the answer are in `selection` until the next.
    ///
    /// `second` is a moment as ``second(of:)`` gives it; `random` any number that the client cannot foresee: the choice of
    /// peers follows from it.
    package func announce(
        _ announce: PeerAnnounce,
        at second: UInt32,
        random: UInt64,
        into selection: PeerSelection
    ) throws(AnnounceRefusal) -> SwarmCounts {
        let isIPv6 = announce.address.ip.isIPv6
        selection.begin(isIPv6: isIPv6)
        var generator = QuickGenerator(seed: random)
        guard let swarm = table[announce.infoHash] else {
            guard mode == .open || announce.isAllowed else { throw .notListed }
            totals.announced(at: second)
            guard announce.event != .stopped, peerCount < limits.peers else { return .none(at: second) }
            makeRoom()
            let swarm = table.add(announce.infoHash, at: second)
            join(swarm, announce, known: nil, at: second, using: &generator)
            return swarm.counts
        }
        guard mode == .open || announce.isAllowed || swarm.isListed else { throw .notListed }
        let known = isIPv6 ? swarm.six.row(of: announce.peerID, hash) : swarm.four.row(of: announce.peerID, hash)
        if let known { try checkIdentity(announce, of: swarm, at: known) }
        totals.announced(at: second)
        if announce.event == .stopped {
            if let known { leave(swarm, announce, at: known, second) }
            return swarm.counts
        }
        let row = join(swarm, announce, known: known, at: second, using: &generator)
        if announce.peersWanted > 0 {
            swarm.choose(
                announce.peersWanted,
                for: row,
                isIPv6: isIPv6,
                isSeeder: announce.isSeeder,
                into: selection,
                using: &generator
            )
        }
        return swarm.counts
    }

    /// Serves one announce that came from `ip`, for doors that answer with values.
    package func announce(
        _ request: AnnounceRequest,
        from ip: IPAddress,
        isAllowed: Bool = false,
        at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) throws(AnnounceRefusal) -> AnnounceResponse {
        let selection = PeerSelection()
        selection.wantsIDs = true
        var announce = PeerAnnounce(request, from: ip)
        announce.isAllowed = isAllowed
        let counts = try self.announce(
            announce,
            at: Self.second(of: now),
            random: generator.next(),
            into: selection
        )
        var response = AnnounceResponse(
            interval: intervalSeconds,
            minInterval: Self.minimumInterval,
            complete: counts.seeders,
            incomplete: counts.leechers,
            peers: selection.peers
        )
        response.externalIP = ip
        return response
    }

    /// The numbers of a torrent that a scrape asks for; `nil` when it is not known.
    package func scrape(_ infoHash: InfoHash) -> SwarmCounts? { counts(of: infoHash) }

    /// Counts one scrape, of however many torrents.
    package func scraped() { totals.scrapes += 1 }

    /// The numbers of the torrents that are known; the others are left out.
    package func scrape(_ request: ScrapeRequest) -> ScrapeResponse {
        scraped()
        var response = ScrapeResponse(torrents: [:])
        for hash in request.infoHashes {
            guard let counts = scrape(hash) else { continue }
            response.torrents[hash] = ScrapeResponse.Torrent(counts)
        }
        return response
    }

    // MARK: - Views

    package func counts(of infoHash: InfoHash) -> SwarmCounts? { table[infoHash]?.counts }

    package var torrents: some Sequence<(infoHash: InfoHash, counts: SwarmCounts)> {
        table.all.lazy.map { (infoHash: $0.infoHash, counts: $0.counts) }
    }

    package func peers(of infoHash: InfoHash) -> [SwarmPeer] { table[infoHash]?.peers ?? [] }

    package func stats(at now: Duration) -> TrackerStats {
        var stats = TrackerStats()
        stats.torrents = table.all.count
        stats.seeders = seederCount
        stats.leechers = peerCount - seederCount
        stats.completed = completedCount
        stats.announces = totals.announces
        stats.scrapes = totals.scrapes
        stats.uploaded = totals.uploaded
        stats.downloaded = totals.downloaded
        stats.announceRate = totals.announceRate(at: Self.second(of: now))
        return stats
    }
}

extension SwarmCounts {
    static func none(at second: UInt32) -> SwarmCounts {
        SwarmCounts(seeders: 0, leechers: 0, completed: 0, lastAnnounce: .seconds(Int64(second)))
    }
}

extension ScrapeResponse.Torrent {
    package init(_ counts: SwarmCounts) {
        self.init(complete: counts.seeders, downloaded: counts.completed, incomplete: counts.leechers)
    }
}
