package import BitTorrentTypes
package import BusServices

// What scripts see of torrents: stable keys, sizes in bytes, rates in bytes a second.

extension TorrentSummary {
    /// 0…1: verified of what is wanted, or checked while it is being checked.
    package var progress: Double {
        if state == .checking { return checkingProgress }
        return wantedBytes > 0 ? Double(wantedVerifiedBytes) / Double(wantedBytes) : hasAllWanted ? 1 : 0
    }

    /// Whether nothing that is wanted is lacking.
    package var hasAllWanted: Bool { verifiedPieces == pieces || wantedBytes > 0 && wantedVerifiedBytes == wantedBytes }

    /// Uploaded against downloaded; against the size for what was never downloaded.
    package var ratio: Double {
        let base = downloaded > 0 ? downloaded : size
        return base > 0 ? Double(uploaded) / Double(base) : 0
    }

    package var json: JSONValue {
        let start: JSONValue = ["id": .text(infoHash.hex)]
        let figures: JSONValue = [
            "state": .text(state.rawValue),
            "progress": .number(progress),
            "size": .integer(size),
            "downloaded": .integer(downloaded),
            "uploaded": .integer(uploaded),
            "down_rate": .number(downRate),
            "up_rate": .number(upRate),
            "eta_s": .optional(etaSeconds),
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
            "private": .boolean(isPrivate),
            "added_at": .integer(addedAt),
            "availability": .optional(availability),
            "wanted": .integer(wantedBytes),
            "wanted_verified": .integer(wantedVerifiedBytes),
            "sequential": .boolean(options.isSequential),
            "down_limit": options.downLimit.json,
            "up_limit": options.upLimit.json,
            "seed_ratio": options.seedRatio.json,
            "seed_time_s": options.seedTime.json,
            "connections": options.connections.json,
            "upload_slots": options.uploadSlots.json,
            "super_seeding": .boolean(options.isSuperSeeding),
            "seeding_s": .integer(seedingSeconds),
            "queue_position": .integer(queuePosition),
            "stalled": .boolean(isStalled),
        ]
        let move: JSONValue = [
            "moving_to": .optional(movingTo.map { PrintableText.escape($0) }),
            "move_progress": .number(moveProgress),
            "move_error": .optional(moveError),
        ]
        return start.adding(.name("name", name)).adding(figures).adding(.name("path", path)).adding(rest).adding(move)
    }
}

extension RateLimit {
    /// Bytes a second; `null` when there is none.
    package var json: JSONValue { self == .unlimited ? .null : .integer(bytesPerSecond) }
}

extension CountLimit {
    /// A number, or `"node"`.
    package var json: JSONValue {
        switch self {
        case .node: "node"
        case .at(let value): .integer(value)
        }
    }
}

extension SeedLimit {
    /// A number, `"node"` or `"off"`.
    package var json: JSONValue {
        switch self {
        case .node: "node"
        case .never: "off"
        case .at(let value): .number(value)
        }
    }
}

extension TorrentDetail.File {
    package func json(index: Int) -> JSONValue {
        let start: JSONValue = ["index": .integer(index)]
        return start.adding(.name("path", path)).adding([
            "length": .integer(length),
            "verified_bytes": .integer(verifiedBytes),
            "progress": .number(length > 0 ? Double(verifiedBytes) / Double(length) : 1),
            "priority": .text(priority.name),
            "deadline_s": .optional(deadlineSeconds),
        ])
    }
}

extension TorrentDetail.Tracker {
    package var json: JSONValue {
        [
            "url": .text(url),
            "tier": .integer(tier),
            "status": .text(status),
            "seeders": .integer(seeders),
            "leechers": .integer(leechers),
            "downloaded": .optional(downloaded),
            "next_announce_s": .number(nextAnnounceSeconds),
            "message": .text(message),
            "working": .boolean(isWorking),
            "failures": .integer(failures),
            "external_ip": .optional(externalIP?.description),
        ]
    }
}

extension PeerSummary {
    /// As other clients show them.
    ///
    /// D/d we want, and do or do not get; K we could and do not want; U/u they want, and do or do not get; ? they could
    /// and do not want; O by lot; S snubbed; s wants nothing; I incoming; H by DHT, X by PEX, L by LSD.
    package var flags: String {
        var flags = ""
        if amInterested { flags += peerChoking ? "d" : "D" } else if !peerChoking { flags += "K" }
        if peerInterested { flags += amChoking ? "u" : "U" } else if !amChoking { flags += "?" }
        if isOptimistic { flags += "O" }
        if isSnubbed { flags += "S" }
        if isUploadOnly { flags += "s" }
        switch source {
        case .dht?: flags += "H"
        case .pex?: flags += "X"
        case .lsd?: flags += "L"
        case .incoming?, .tracker?, .user?, nil: break
        }
        if isIncoming { flags += "I" }
        return flags
    }

    package var json: JSONValue {
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
            "flags": .text(flags),
            "wasted": .integer(wasted),
            "hash_failed": .integer(hashFailed),
            "snubbed": .boolean(isSnubbed),
            "upload_only": .boolean(isUploadOnly),
            "source": .optional(source?.rawValue),
            "connected_s": .number(connectedSeconds),
            "requests": .integer(requests),
            "queued_requests": .integer(queuedRequests),
            "connected": .boolean(true),
        ])
    }
}

extension PeerDeparture {
    package var json: JSONValue {
        let start: JSONValue = ["address": .text(address.description)]
        return start.adding(.name("client", client)).adding([
            "connected": .boolean(false),
            "dial": .boolean(isDial),
            "reason": .text(reason),
            "ago_s": .number(secondsAgo),
        ])
    }
}

extension FilePriority {
    /// As scripts and people see it.
    package var name: String {
        switch self {
        case .skip: "skip"
        case .low: "low"
        case .normal: "normal"
        case .high: "high"
        }
    }
}
