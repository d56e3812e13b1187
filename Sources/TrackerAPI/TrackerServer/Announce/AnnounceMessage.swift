import BitTorrentTypes
import FoundationEssentials
import Hummingbird
import ServiceShapes
import TrackerWire

/// An announce in JSON.
///
///     {"info_hash": "<40 hex>", "peer_id": "<20 characters or 40 hex>", "port": 6881, "uploaded": 0, "downloaded": 0,
///      "left": 0, "event": "started", "numwant": 50}
///
/// It is rewritten as the query of the other door, so that both are checked by the same code.
enum AnnounceMessage {
    private struct Content: Decodable {
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
            case infoHash = "info_hash"
            case peerID = "peer_id"
            case port, uploaded, downloaded, left, event, numwant, key
        }
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

    static func read(_ body: [UInt8]) throws(Problem) -> AnnounceRequest {
        let content: Content
        do {
            // Strictly first: the decoder takes the last of two equal keys, and any depth.
            _ = try JSONValue.parse(body)
            content = try JSONDecoder().decode(Content.self, from: Data(body))
        } catch {
            throw Problem(
                .badRequest,
                "The body is no announce in JSON.",
                action: "Give info_hash, peer_id and port; uploaded, downloaded, left, event, numwant and key if any."
            )
        }
        do {
            return try AnnounceRequest.parse(query: Array(query(content).utf8))
        } catch {
            throw Problem(.badRequest, "\(error)", action: "Correct the announce.")
        }
    }

    private static func query(_ content: Content) -> String {
        let id = content.peerID.utf8.count == 40 ? Hexadecimal.decode(content.peerID.utf8) : nil
        var items = [
            "info_hash=" + PercentEncoding.encode(content.infoHash.utf8),
            "peer_id=" + PercentEncoding.encode(id ?? Array(content.peerID.utf8)), "port=\(content.port)",
        ]
        if let uploaded = content.uploaded { items.append("uploaded=\(uploaded)") }
        if let downloaded = content.downloaded { items.append("downloaded=\(downloaded)") }
        if let left = content.left { items.append("left=\(left)") }
        if let event = content.event { items.append("event=" + PercentEncoding.encode(event.utf8)) }
        if let numwant = content.numwant { items.append("numwant=\(numwant)") }
        if let key = content.key { items.append("key=" + PercentEncoding.encode(key.utf8)) }
        return items.joined(separator: "&")
    }
}
