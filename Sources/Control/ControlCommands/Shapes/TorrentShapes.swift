import BitTorrentTypes
import BusServices

// What scripts see of torrents: stable keys, sizes in bytes, rates in bytes a second.

extension TorrentSummary {
    /// 0…1: verified, or checked while it is being checked.
    var progress: Double {
        if state == .checking { return checkingProgress }
        return size > 0 ? Double(verifiedBytes) / Double(size) : 0
    }

    /// Seconds until complete at the present rate; `nil` when nobody can tell.
    var secondsLeft: Int? {
        guard state == .downloading, downRate >= 1, verifiedBytes < size else { return nil }
        return HumanUnits.whole((Double(size - verifiedBytes) / downRate).rounded(.up))
    }

    /// Uploaded against downloaded; against the size for what was never downloaded.
    var ratio: Double {
        let base = downloaded > 0 ? downloaded : size
        return base > 0 ? Double(uploaded) / Double(base) : 0
    }

    var isComplete: Bool { verifiedPieces == pieces && (state == .seeding || state == .finished || state == .paused) }

    var shownName: String { DisplayText.escaped(name) }

    var json: JSONValue {
        let start: JSONValue = ["id": .text(infoHash.hex)]
        let figures: JSONValue = [
            "state": .text(state.rawValue),
            "progress": .number(progress),
            "size": .integer(size),
            "downloaded": .integer(downloaded),
            "uploaded": .integer(uploaded),
            "down_rate": .number(downRate),
            "up_rate": .number(upRate),
            "eta_s": .optional(secondsLeft),
            "peers": .integer(peers),
            "seeds": .integer(seeds),
            "ratio": .number(ratio),
            "node": .text(node),
        ]
        let rest: JSONValue = [
            "error": .optional(error),
            "info_hash_v1": .text(infoHash.hex),
            "piece_length": .integer(pieceLength),
            "pieces": .integer(pieces),
            "pieces_verified": .integer(verifiedPieces),
            "bytes_verified": .integer(verifiedBytes),
            "wasted": .integer(wasted),
            "hash_failed": .integer(hashFailed),
            "bad_pieces": .integer(badPieces),
            "tracker_status": .text(trackerStatus),
            "added_at": .integer(addedAt),
        ]
        return start.adding(.name("name", name)).adding(figures).adding(.name("path", path)).adding(rest)
    }
}

extension TorrentDetail.File {
    func json(index: Int) -> JSONValue {
        let start: JSONValue = ["index": .integer(index)]
        return start.adding(.name("path", path)).adding([
            "length": .integer(length),
            "verified_bytes": .integer(verifiedBytes),
            "progress": .number(length > 0 ? Double(verifiedBytes) / Double(length) : 1),
        ])
    }
}

extension TorrentDetail.Tracker {
    var json: JSONValue {
        [
            "url": .text(url),
            "tier": .integer(tier),
            "status": .text(status),
            "seeders": .integer(seeders),
            "leechers": .integer(leechers),
            "next_announce_s": .number(nextAnnounceSeconds),
        ]
    }
}

extension PeerSummary {
    /// As other clients show them: d/D we want and (cannot) get, u/U they want and (cannot) get, I incoming.
    var flags: String {
        var flags = ""
        if amInterested { flags += peerChoking ? "d" : "D" }
        if peerInterested { flags += amChoking ? "u" : "U" }
        if isIncoming { flags += "I" }
        return flags
    }

    var json: JSONValue {
        let start: JSONValue = ["address": .text(address.description)]
        return start.adding(.name("client", client)).adding([
            "incoming": .boolean(isIncoming),
            "am_choking": .boolean(amChoking),
            "am_interested": .boolean(amInterested),
            "peer_choking": .boolean(peerChoking),
            "peer_interested": .boolean(peerInterested),
            "down_rate": .number(downRate),
            "up_rate": .number(upRate),
            "downloaded": .integer(downloaded),
            "uploaded": .integer(uploaded),
            "progress": .number(progress),
        ])
    }
}
