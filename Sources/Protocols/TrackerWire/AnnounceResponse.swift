package import BitTorrentTypes
import Bencode

/// A peer as a tracker names it.
package struct TrackerPeer: Hashable, Sendable {
    package let address: PeerAddress
    /// Only the dictionary form has it.
    package let peerID: PeerID?

    package init(address: PeerAddress, peerID: PeerID? = nil) {
        self.address = address
        self.peerID = peerID
    }

    /// Whether it can be dialled at all.
    var isReachable: Bool { address.port != 0 && !address.ip.isUnspecified }
}

/// A tracker's answer: when to come back, and whom to meet.
///
/// - Units: intervals in seconds, held within a minute and a day.
/// - Source: BEP 3 "trackers", BEP 7 (`peers6`), BEP 23 (compact), BEP 24 (`external ip`).
package struct AnnounceResponse: Hashable, Sendable {
    package static let intervals = 60...86_400
    package static let defaultInterval = 1_800
    /// More peers than this from one answer are left unread.
    package static let maximumPeers = 1_000

    package var interval: Int
    package var minInterval: Int?
    /// Seeders and leechers, when the tracker tells.
    package var complete: Int?
    package var incomplete: Int?
    package var peers: [TrackerPeer]
    package var warning: String?
    package var trackerID: [UInt8]?
    /// Where the tracker sees us (BEP 24).
    package var externalIP: IPAddress?

    package init(
        interval: Int,
        minInterval: Int? = nil,
        complete: Int? = nil,
        incomplete: Int? = nil,
        peers: [TrackerPeer] = []
    ) {
        self.interval = interval
        self.minInterval = minInterval
        self.complete = complete
        self.incomplete = incomplete
        self.peers = peers
    }

    // MARK: - The tracker's side

    /// The answer in bencode: peers as rows of bytes, or as dictionaries with or without their ids.
    package func encoded(compact: Bool, noPeerID: Bool = false) -> [UInt8] {
        var entries: [[UInt8]: BencodeValue] = [:]
        func set(_ key: String, _ value: BencodeValue?) { entries[Array(key.utf8)] = value }
        set("interval", .integer(interval))
        set("min interval", minInterval.map { .integer($0) })
        set("complete", complete.map { .integer($0) })
        set("incomplete", incomplete.map { .integer($0) })
        set("warning message", warning.map { .text($0) })
        set("tracker id", trackerID.map { .string($0) })
        set("external ip", externalIP.map { .string($0.bytes) })
        if compact {
            let rows = { (isIPv6: Bool) in
                peers.filter { $0.address.ip.isIPv6 == isIPv6 }.flatMap(\.address.compact)
            }
            let six = rows(true)
            set("peers", .string(rows(false)))
            set("peers6", six.isEmpty ? nil : .string(six))
        } else {
            set("peers", .list(peers.map { Self.dictionary($0, noPeerID: noPeerID) }))
        }
        return BencodeValue.dictionary(entries).encoded()
    }

    private static func dictionary(_ peer: TrackerPeer, noPeerID: Bool) -> BencodeValue {
        let address: [String: BencodeValue] = [
            "ip": .text(peer.address.ip.description), "port": .integer(Int(peer.address.port)),
        ]
        var entries = Dictionary(uniqueKeysWithValues: address.map { (Array($0.utf8), $1) })
        if !noPeerID, let id = peer.peerID { entries[Array("peer id".utf8)] = .string(id.bytes) }
        return .dictionary(entries)
    }

    // MARK: - The client's side

    /// Reads the answer of any tracker; what is odd but harmless is put right or left out.
    package static func parse(_ bytes: [UInt8]) throws(TrackerReplyError) -> AnnounceResponse {
        let root = try TrackerFailure.dictionary(of: bytes)
        var response = AnnounceResponse(interval: root["interval"]?.integer.map(held) ?? defaultInterval)
        response.minInterval = root["min interval"]?.integer.map(held)
        response.complete = root["complete"]?.integer.flatMap { $0 < 0 ? nil : $0 }
        response.incomplete = root["incomplete"]?.integer.flatMap { $0 < 0 ? nil : $0 }
        response.warning = root["warning message"]?.string.map(TrackerFailure.shown)
        response.trackerID = root["tracker id"]?.string.flatMap { $0.count > 256 ? nil : $0 }
        response.externalIP = root["external ip"]?.string.flatMap { IPAddress(bytes: $0) }
        var peers: [TrackerPeer] = []
        if let rows = root["peers"]?.string {
            peers += try Self.peers(inRows: rows, of: 6)
        } else if let list = root["peers"]?.list {
            peers += list.prefix(maximumPeers).compactMap(peer)
        }
        if let rows = root["peers6"]?.string { peers += try Self.peers(inRows: rows, of: 18) }
        response.peers = Array(peers.lazy.filter(\.isReachable).prefix(maximumPeers))
        return response
    }

    private static func peers(inRows bytes: [UInt8], of width: Int) throws(TrackerReplyError) -> [TrackerPeer] {
        guard bytes.count.isMultiple(of: width) else { throw .raggedPeers(count: bytes.count) }
        return stride(from: 0, to: min(bytes.count, maximumPeers * width), by: width).compactMap { start in
            PeerAddress(compact: bytes[start..<start + width]).map { TrackerPeer(address: $0) }
        }
    }

    /// A peer of the dictionary form; host names are not looked up.
    private static func peer(_ node: BencodeNode) -> TrackerPeer? {
        guard let host = node["ip"]?.string, let ip = IPAddress(String(decoding: host, as: UTF8.self)),
            let port = node["port"]?.integer.flatMap({ UInt16(exactly: $0) })
        else { return nil }
        return TrackerPeer(
            address: PeerAddress(ip: ip, port: port),
            peerID: node["peer id"]?.string.flatMap { PeerID($0) }
        )
    }

    static func held(_ seconds: Int) -> Int { min(max(seconds, intervals.lowerBound), intervals.upperBound) }
}
