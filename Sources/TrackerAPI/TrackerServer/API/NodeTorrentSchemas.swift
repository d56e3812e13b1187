import BitTorrentTypes
import BusServices
import ServiceShapes

extension Properties {
    /// A torrent of a node: the keys of `p2pctl list --json`.
    static let nodeTorrent: Properties = identity.and(figures).and(facts).and(choices)

    private static let identity: Properties = [
        "id": .infoHash,
        "name": .string,
        "name_hex": .string.meaning("When the name is not UTF-8."),
        "info_hash_v1": .infoHash,
        "node": .string,
        "path": .string,
        "path_hex": .string,
        "private": .boolean,
        "added_at": .integer.meaning("Unix seconds."),
    ]

    private static let figures: Properties = [
        "state": .choice(TorrentState.allCases.map(\.rawValue)),
        "progress": .number.with("minimum", 0).with("maximum", 1),
        "size": .count,
        "downloaded": .count,
        "uploaded": .count,
        "down_rate": .number.meaning("Bytes a second."),
        "up_rate": .number.meaning("Bytes a second."),
        "eta_s": .count.orNull,
        "peers": .count,
        "seeds": .count,
        "ratio": .number,
        "error": .string.orNull,
    ]

    private static let facts: Properties = [
        "piece_length": .count,
        "pieces": .count,
        "pieces_verified": .count,
        "bytes_verified": .count,
        "wasted": .count,
        "hash_failed": .count,
        "bad_pieces": .count,
        "tracker_status": .string,
        "availability": .number.orNull,
        "wanted": .count,
        "wanted_verified": .count,
        "seeding_s": .count,
        "queue_position": .count,
        "stalled": .boolean,
        "moving_to": .string.orNull,
        "move_progress": .number,
        "move_error": .string.orNull,
    ]

    private static let choices: Properties = [
        "sequential": .boolean,
        "down_limit": .rateLimit,
        "up_limit": .rateLimit,
        "seed_ratio": .seedLimit,
        "seed_time_s": .seedLimit,
        "connections": .countLimit,
        "upload_slots": .countLimit,
        "super_seeding": .boolean,
    ]
}

extension Schema {
    static let optionalOfTorrent: Set<String> = ["name_hex", "path_hex"]

    static let nodeTorrent = object(.nodeTorrent, optional: optionalOfTorrent).named("NodeTorrent")

    static let seedLimit = oneOf(number.with("minimum", 0), choice(["node", "off"]))
        .meaning("node: as the node is set; off: never enough.")

    static let countLimit = oneOf(integer.with("minimum", 1).with("maximum", 100_000), choice(["node"]))
        .meaning("node: as the node is set.")

    static let detail = object(
        Properties.nodeTorrent.and(["files": .array(of: file), "trackers": .array(of: tracker)]),
        optional: optionalOfTorrent
    ).named("NodeTorrentDetail")

    private static let file = object(
        [
            "index": .count.meaning("From 1."),
            "path": .string,
            "path_hex": .string,
            "length": .count,
            "verified_bytes": .count,
            "progress": .number,
            "priority": .choice(FilePriority.allCases.map(\.name)),
            "deadline_s": .number.orNull,
        ],
        optional: ["path_hex"]
    ).named("NodeFile")

    private static let tracker = object([
        "url": .string,
        "tier": .count,
        "status": .string,
        "seeders": .count,
        "leechers": .count,
        "downloaded": .count.orNull,
        "next_announce_s": .number,
        "message": .string,
        "working": .boolean,
        "failures": .count,
        "external_ip": .string.orNull,
    ]).named("NodeTracker")

    /// A connection: the keys of `p2pctl peers --json`.
    static let peer = object(
        [
            "address": .string,
            "client": .string,
            "client_hex": .string,
            "incoming": .boolean,
            "am_choking": .boolean,
            "am_interested": .boolean,
            "peer_choking": .boolean,
            "peer_interested": .boolean,
            "down_rate": .number,
            "up_rate": .number,
            "downloaded": .count,
            "uploaded": .count,
            "progress": .number,
            "flags": .string,
            "wasted": .count,
            "hash_failed": .count,
            "snubbed": .boolean,
            "upload_only": .boolean,
            "source": .choice(PeerSummary.Source.allCases.map(\.rawValue)).orNull,
            "connected_s": .number,
            "requests": .count,
            "queued_requests": .count,
            "connected": .boolean,
        ],
        optional: ["client_hex"]
    ).named("NodePeer")
}
