package import BitTorrentTypes
import DequeModule
package import TrackerWire

/// The swarms of a tracker: who shares which torrent, decided without a socket, a file or a clock.
///
///     announce ──► swarm of the torrent: peer joins, moves, leaves ──► other peers at random
///     expire   ──► peers silent for almost two intervals go, then torrents that are empty and not listed
///
/// - Units: `now` is the time since an origin of the caller's choice that does not jump.
package struct TrackerEngine: Sendable {
    /// Which torrents are tracked.
    package enum Mode: String, CaseIterable, Hashable, Sendable {
        /// Any that a client names.
        case open
        /// Those that were listed.
        case listed
    }

    /// What bounds the memory: about 400 bytes a peer and as much a torrent.
    package struct Limits: Hashable, Sendable {
        /// Torrents that nobody listed; the one unheard of for longest makes room.
        package var unlistedTorrents = 100_000
        /// A peer picked at random makes room.
        package var peersPerTorrent = 20_000
        /// Peers past this get their answer, but are not remembered.
        package var peers = 1_000_000

        package init() {}
    }

    package let mode: Mode
    package let interval: Duration
    package let limits: Limits

    private var swarms: [InfoHash: Swarm] = [:]
    private var listed: Set<InfoHash> = []
    /// Torrents that are not listed, and when each was last heard of at the time it was put here.
    private var unlisted: Deque<(hash: InfoHash, stamp: Duration)> = []
    private var peerCount = 0
    private var totals = TrackerTotals()

    package init(mode: Mode = .open, interval: Duration = .seconds(1_800), limits: Limits = Limits()) {
        self.mode = mode
        self.interval = min(max(interval, .seconds(60)), .seconds(86_400))
        self.limits = limits
    }

    /// How long a peer that says nothing more is remembered: one announce may be lost.
    package var peerLifetime: Duration { interval * 7 / 4 }

    // MARK: - Torrents

    /// Tracks a torrent from now on, however quiet; `completed` counts downloads from before.
    package mutating func list(_ infoHash: InfoHash, completed: Int = 0, at now: Duration) {
        listed.insert(infoHash)
        swarms[infoHash, default: Swarm(lastAnnounce: now)].completed = max(completed, swarms[infoHash]?.completed ?? 0)
    }

    /// Forgets a torrent, its peers too.
    package mutating func unlist(_ infoHash: InfoHash) {
        listed.remove(infoHash)
        removeSwarm(infoHash)
    }

    package func isListed(_ infoHash: InfoHash) -> Bool { listed.contains(infoHash) }

    // MARK: - Requests

    /// Serves one announce that came from `ip`; what the client claims to be its address is not believed.
    package mutating func announce(
        _ request: AnnounceRequest,
        from ip: IPAddress,
        at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) throws(AnnounceRefusal) -> AnnounceResponse {
        guard mode == .open || listed.contains(request.infoHash) else { throw .notListed }
        let address = PeerAddress(ip: ip, port: request.port)
        try checkIdentity(request, at: address)
        totals.announced(at: now)
        if request.event == .stopped {
            leave(address, request, at: now)
        } else {
            join(address, request, at: now, using: &generator)
        }
        return response(to: request, at: address, using: &generator)
    }

    /// The numbers of the torrents that are known; the others are left out.
    package mutating func scrape(_ request: ScrapeRequest) -> ScrapeResponse {
        totals.scrapes += 1
        var response = ScrapeResponse(torrents: [:])
        for hash in request.infoHashes {
            guard let swarm = swarms[hash] else { continue }
            response.torrents[hash] = ScrapeResponse.Torrent(
                complete: swarm.seeders,
                downloaded: swarm.completed,
                incomplete: swarm.leechers
            )
        }
        return response
    }

    /// Forgets peers that have been silent too long, and torrents that nobody listed and nobody shares.
    ///
    /// Returns how many peers went. Call it every few seconds to minutes.
    @discardableResult
    package mutating func expire(at now: Duration) -> Int {
        let moment = now - peerLifetime
        var gone = 0
        for hash in Array(swarms.keys) {
            guard let count = swarms[hash]?.expire(before: moment) else { continue }
            gone += count
            peerCount -= count
            if swarms[hash]?.count == 0, !listed.contains(hash) { swarms[hash] = nil }
        }
        unlisted.removeAll { swarms[$0.hash] == nil || listed.contains($0.hash) }
        return gone
    }

    // MARK: - Views

    package func counts(of infoHash: InfoHash) -> SwarmCounts? { swarms[infoHash].map(SwarmCounts.init) }

    package var torrents: some Sequence<(infoHash: InfoHash, counts: SwarmCounts)> {
        swarms.lazy.map { (infoHash: $0.key, counts: SwarmCounts($0.value)) }
    }

    package func peers(of infoHash: InfoHash) -> [SwarmPeer] { swarms[infoHash]?.peers ?? [] }

    package func stats(at now: Duration) -> TrackerStats {
        TrackerStats(swarms: swarms.values, totals: totals, at: now)
    }

    /// Takes back peers that were saved, unless they are too old or there is newer word of them.
    package mutating func restore(_ peers: [SwarmPeer], of infoHash: InfoHash, at now: Duration) {
        guard mode == .open || listed.contains(infoHash) else { return }
        for peer in peers where peer.lastSeen >= now - peerLifetime && swarms[infoHash]?[peer.address] == nil {
            prepareSwarm(infoHash, at: now)
            guard peerCount < limits.peers, let swarm = swarms[infoHash], swarm.count < limits.peersPerTorrent else {
                return
            }
            insert(peer, into: infoHash)
        }
    }

    // MARK: - Joining and leaving

    /// A peer id may move to another address only with the key it was first seen with.
    private func checkIdentity(_ request: AnnounceRequest, at address: PeerAddress) throws(AnnounceRefusal) {
        guard let swarm = swarms[request.infoHash],
            let old = swarm.address(of: request.peerID, inFamilyOf: address), old.ip != address.ip
        else { return }
        guard let key = swarm[old]?.key, key == request.key else { throw .wrongKey }
    }

    private mutating func join(
        _ address: PeerAddress,
        _ request: AnnounceRequest,
        at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        prepareSwarm(request.infoHash, at: now)
        swarms[request.infoHash]?.lastAnnounce = now
        let known = knownPeer(request, at: address)
        var peer = SwarmPeer(
            address: address,
            peerID: request.peerID,
            key: request.key ?? known?.key,
            uploaded: request.uploaded,
            downloaded: request.downloaded,
            left: request.left,
            hasCompleted: known?.hasCompleted ?? false,
            firstSeen: known?.firstSeen ?? now,
            lastSeen: now
        )
        totals.moved(from: known, uploaded: request.uploaded, downloaded: request.downloaded)
        if request.event == .completed, request.isSeeder, !peer.hasCompleted {
            peer.hasCompleted = true
            swarms[request.infoHash]?.completed += 1
        }
        if known == nil {
            guard peerCount < limits.peers else { return }
            if let count = swarms[request.infoHash]?.count, count >= limits.peersPerTorrent {
                swarms[request.infoHash]?.removeAny(using: &generator)
                peerCount -= 1
            }
        }
        insert(peer, into: request.infoHash)
    }

    private mutating func leave(_ address: PeerAddress, _ request: AnnounceRequest, at now: Duration) {
        guard let known = knownPeer(request, at: address) else { return }
        totals.moved(from: known, uploaded: request.uploaded, downloaded: request.downloaded)
        swarms[request.infoHash]?.lastAnnounce = now
        if swarms[request.infoHash]?.remove(known.address) != nil { peerCount -= 1 }
    }

    /// The peer with the id of the request: where it says it is, or where it was before it moved.
    private func knownPeer(_ request: AnnounceRequest, at address: PeerAddress) -> SwarmPeer? {
        guard let swarm = swarms[request.infoHash] else { return nil }
        return swarm.address(of: request.peerID, inFamilyOf: address).flatMap { swarm[$0] }
    }

    private mutating func insert(_ peer: SwarmPeer, into infoHash: InfoHash) {
        guard let before = swarms[infoHash]?.count else { return }
        swarms[infoHash]?.insert(peer)
        peerCount += (swarms[infoHash]?.count ?? before) - before
    }

    private func response(
        to request: AnnounceRequest,
        at address: PeerAddress,
        using generator: inout some RandomNumberGenerator
    ) -> AnnounceResponse {
        let swarm = swarms[request.infoHash]
        var response = AnnounceResponse(
            interval: Int(interval / .seconds(1)),
            minInterval: 60,
            complete: swarm?.seeders ?? 0,
            incomplete: swarm?.leechers ?? 0
        )
        response.externalIP = address.ip
        if request.event != .stopped, request.peersWanted > 0 {
            response.peers =
                swarm?.choose(request.peersWanted, for: address, isSeeder: request.isSeeder, using: &generator) ?? []
        }
        return response
    }

    // MARK: - The table of torrents

    private mutating func prepareSwarm(_ infoHash: InfoHash, at now: Duration) {
        guard swarms[infoHash] == nil else { return }
        if !listed.contains(infoHash) {
            makeRoom()
            unlisted.append((infoHash, now))
        }
        swarms[infoHash] = Swarm(lastAnnounce: now)
    }

    /// Drops the torrent that was heard of least recently, when there are too many.
    ///
    /// An entry whose torrent was heard of since goes back to the end with its new stamp, so each step is paid by an
    /// announce.
    private mutating func makeRoom() {
        while unlisted.count >= limits.unlistedTorrents, let entry = unlisted.popFirst() {
            guard let swarm = swarms[entry.hash], !listed.contains(entry.hash) else { continue }
            if swarm.lastAnnounce > entry.stamp {
                unlisted.append((entry.hash, swarm.lastAnnounce))
            } else {
                removeSwarm(entry.hash)
            }
        }
    }

    private mutating func removeSwarm(_ infoHash: InfoHash) {
        peerCount -= swarms.removeValue(forKey: infoHash)?.count ?? 0
    }
}
