import BitTorrentTypes
import Logging
import BusServices
import Metainfo
import PeerEngine
import PeerNetworking
import PieceStore
import TrackerWire

/// The trackers' side of a torrent.
extension TorrentSession {
    /// A torrent without trackers has nobody to tell.
    func startAnnouncing() {
        guard metainfo.trackers.contains(where: { !$0.isEmpty }) else { return }
        let announcer = TrackerAnnouncer(
            tiers: metainfo.trackers,
            client: environment.trackers,
            logger: logger,
            request: { [weak self] event in await self?.announceRequest(event) },
            found: { [weak self] addresses in await self?.learn(addresses, from: .tracker) },
            changed: { [weak self] statuses in await self?.trackersChanged(statuses) }
        )
        self.announcer = announcer
        let (farewells, infoHash) = (environment.farewells, infoHash)
        Task {
            await farewells.said(of: infoHash)
            await announcer.start()
        }
    }

    private func announceRequest(_ event: AnnounceEvent) -> AnnounceRequest {
        let counters = counters
        return AnnounceRequest(
            infoHash: infoHash,
            peerID: environment.peerID,
            port: environment.listenPort,
            uploaded: counters.uploaded,
            downloaded: counters.downloaded,
            left: metainfo.payloadLength - verifiedBytes,
            event: isPartialSeed ? event.ofPartialSeed : event
        )
    }

    /// All that is wanted is there, and not all that there is.
    var isPartialSeed: Bool { !verified.isComplete && hasAllWanted }

    private func trackersChanged(_ statuses: [TrackerStatus]) {
        trackerStatuses = statuses
        publishIfChanged()
    }

    /// Waits for the first attempt to be over, whatever came of it.
    func firstAnnounce(within limit: Duration) async { await announcer?.firstAttempt(within: limit) }

    func trackerRestarted(_ url: String) async { await announcer?.restarted(url) }

    func announceNow() async { await announcer?.announceNow() }

    /// Adds the trackers of the same torrent from another .torrent file, and peers to try.
    func merge(_ other: Metainfo, _ peers: [PeerAddress]) async -> TorrentSummary {
        await addPeers(peers)
        let known = Set(metainfo.trackers.joined())
        let new = other.trackers.map { $0.filter { !known.contains($0) } }.filter { !$0.isEmpty }
        if !new.isEmpty {
            metainfo = metainfo.addingTrackers(new)
            let (infoHash, bytes) = (infoHash, metainfo.bytes)
            let result = await environment.recorder.afterFlush { database in
                Result { try database.setMetainfo(bytes, infoHash) }
            }
            if case .failure(let error) = result {
                logger.error("new trackers not recorded", metadata: ["reason": "\(error)"])
            }
            if let announcer { await announcer.add(new) } else if engine != nil { startAnnouncing() }
        }
        return summary()
    }
}

extension AnnounceEvent {
    /// What a partial seed says in its place: it "MUST send an event=paused parameter in every announce" (BEP 21).
    fileprivate var ofPartialSeed: AnnounceEvent {
        switch self {
        case .none, .started, .paused: .paused
        case .completed, .stopped: self
        }
    }
}
