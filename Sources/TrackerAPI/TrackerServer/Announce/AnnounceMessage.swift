import BitTorrentTypes
import TrackerWire

/// An announce in JSON.
///
///     {"info_hash": "<40 hex>", "peer_id": "<20 characters or 40 hex>", "port": 6881, "uploaded": 0, "downloaded": 0,
///      "left": 0, "event": "started", "numwant": 50}
///
/// It is rewritten as the query of the other door, so that both are checked by the same code.
struct AnnounceMessage: Decodable {
    let infoHash: String
    let peerID: String
    let port: Int
    let uploaded: Int?
    let downloaded: Int?
    let left: Int?
    let event: String?
    let numwant: Int?
    let key: String?

    enum CodingKeys: String, CodingKey {
        // As it is after the reader has turned snake case.
        case peerID = "peerId"
        case infoHash, port, uploaded, downloaded, left, event, numwant, key
    }

    struct Reply: Encodable {
        struct Peer: Encodable {
            let ip: String
            let port: UInt16
            let peerID: String?

            enum CodingKeys: String, CodingKey {
                case ip, port
                case peerID = "peerId"
            }
        }

        let interval: Int
        let minInterval: Int?
        let complete: Int?
        let incomplete: Int?
        let peers: [Peer]

        init(_ response: AnnounceResponse) {
            interval = response.interval
            minInterval = response.minInterval
            complete = response.complete
            incomplete = response.incomplete
            peers = response.peers.map { peer in
                let id = peer.peerID.map { Hexadecimal.encode($0.bytes) }
                return Peer(ip: peer.address.ip.description, port: peer.address.port, peerID: id)
            }
        }
    }

    func request() throws(AnnounceRefusal) -> AnnounceRequest {
        try AnnounceRequest.parse(query: Array(query.utf8))
    }

    private var query: String {
        let id = peerID.utf8.count == 40 ? Hexadecimal.decode(peerID.utf8) : nil
        var items = [
            "info_hash=" + PercentEncoding.encode(infoHash.utf8),
            "peer_id=" + PercentEncoding.encode(id ?? Array(peerID.utf8)), "port=\(port)",
        ]
        if let uploaded { items.append("uploaded=\(uploaded)") }
        if let downloaded { items.append("downloaded=\(downloaded)") }
        if let left { items.append("left=\(left)") }
        if let event { items.append("event=" + PercentEncoding.encode(event.utf8)) }
        if let numwant { items.append("numwant=\(numwant)") }
        if let key { items.append("key=" + PercentEncoding.encode(key.utf8)) }
        return items.joined(separator: "&")
    }
}
