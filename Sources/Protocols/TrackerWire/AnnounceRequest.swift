package import BitTorrentTypes

/// What an announce is about.
package enum AnnounceEvent: String, CaseIterable, Hashable, Sendable {
    /// One of the regular announces.
    case none = ""
    case started, completed, stopped
    /// Connected, but not downloading more (BEP 21).
    case paused
}

/// A peer's word to its tracker: who and where it is, and how far.
///
/// - Units: `uploaded`, `downloaded` and `left` in bytes.
/// - Source: BEP 3 "trackers", BEP 7 (IPv6), BEP 21 (paused), BEP 23 (compact).
package struct AnnounceRequest: Hashable, Sendable {
    package static let defaultPeers = 50
    package static let maximumPeers = 100

    package var infoHash: InfoHash
    package var peerID: PeerID
    package var port: UInt16
    package var uploaded: Int
    package var downloaded: Int
    package var left: Int
    package var event: AnnounceEvent
    /// How many peers the client asks for; `nil` leaves it to the tracker.
    package var numwant: Int?
    /// Known to client and tracker only: proves a peer that comes from another address.
    package var key: [UInt8]?
    /// Whether the answer is to have its peers as rows of bytes (BEP 23).
    package var compact = true
    /// What the client claims to be its address; never to be believed without a proof.
    package var claimedIP: IPAddress?
    package var noPeerID = false
    package var trackerID: [UInt8]?

    package init(
        infoHash: InfoHash,
        peerID: PeerID,
        port: UInt16,
        uploaded: Int = 0,
        downloaded: Int = 0,
        left: Int = 0,
        event: AnnounceEvent = .none,
        numwant: Int? = nil,
        key: [UInt8]? = nil
    ) {
        self.infoHash = infoHash
        self.peerID = peerID
        self.port = port
        self.uploaded = uploaded
        self.downloaded = downloaded
        self.left = left
        self.event = event
        self.numwant = numwant
        self.key = key
    }

    /// How many peers a tracker gives at most.
    package var peersWanted: Int { min(numwant ?? Self.defaultPeers, Self.maximumPeers) }

    /// The key as UDP trackers take it: eight hexadecimal digits are a number, anything else is none.
    var numericKey: UInt32 {
        guard let key, key.count == 8 else { return 0 }
        return UInt32(String(decoding: key, as: UTF8.self), radix: 16) ?? 0
    }

    package var isSeeder: Bool { left == 0 }

    /// Reads what follows the `?` of a request.
    package static func parse(query bytes: some Collection<UInt8>) throws(AnnounceRefusal) -> AnnounceRequest {
        let query = try Query(bytes)
        let infoHash = try Query.infoHash(query.required("info_hash"))
        let id = try query.required("peer_id")
        guard let peerID = PeerID(id) else {
            throw .wrongLength(field: "peer_id", expected: PeerID.byteCount, actual: id.count)
        }
        guard let port = try query.number("port", in: 1...65_535) else { throw .missing(field: "port") }
        var request = AnnounceRequest(infoHash: infoHash, peerID: peerID, port: UInt16(truncatingIfNeeded: port))
        request.uploaded = try query.number("uploaded", in: 0...Int.max) ?? 0
        request.downloaded = try query.number("downloaded", in: 0...Int.max) ?? 0
        // A client that does not say what it lacks is taken for one that lacks something.
        request.left = try query.number("left", in: 0...Int.max) ?? 1
        if let event = try query.value(of: "event") {
            // An event we do not know is a regular announce.
            request.event = AnnounceEvent(rawValue: String(decoding: event, as: UTF8.self)) ?? .none
        }
        request.numwant = try query.number("numwant", in: -1...Int.max).flatMap { $0 < 0 ? nil : $0 }
        request.key = try query.value(of: "key").map { Array($0.prefix(64)) }
        request.compact = try query.value(of: "compact") == [UInt8(ascii: "1")]
        request.noPeerID = try query.value(of: "no_peer_id") == [UInt8(ascii: "1")]
        request.claimedIP = try query.value(of: "ip").flatMap { IPAddress(String(decoding: $0, as: UTF8.self)) }
        request.trackerID = try query.value(of: "trackerid").map { Array($0.prefix(256)) }
        return request
    }

    /// What to put after the `?` of a request.
    package func query() -> String {
        var parameters = [
            "info_hash=" + PercentEncoding.encode(infoHash.bytes), "peer_id=" + PercentEncoding.encode(peerID.bytes),
            "port=\(port)", "uploaded=\(uploaded)", "downloaded=\(downloaded)", "left=\(left)",
            "compact=\(compact ? 1 : 0)",
        ]
        if event != .none { parameters.append("event=\(event.rawValue)") }
        if let numwant { parameters.append("numwant=\(numwant)") }
        if let key { parameters.append("key=" + PercentEncoding.encode(key)) }
        if let claimedIP { parameters.append("ip=" + PercentEncoding.encode(claimedIP.description.utf8)) }
        if noPeerID { parameters.append("no_peer_id=1") }
        if let trackerID { parameters.append("trackerid=" + PercentEncoding.encode(trackerID)) }
        return parameters.joined(separator: "&")
    }

    /// The whole address to ask, for a tracker whose URL may have parameters of its own.
    package func url(tracker: String) -> String {
        let withoutFragment = tracker.prefix { $0 != "#" }
        return withoutFragment + (withoutFragment.contains("?") ? "&" : "?") + query()
    }
}
