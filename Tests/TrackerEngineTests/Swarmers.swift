import BitTorrentTypes
import SeededRandom
import Testing
import TrackerEngine
import TrackerWire

/// A tracker and the peers that talk to it, by number.
struct Swarmers {
    var engine: TrackerEngine
    var now = Duration.seconds(1_000)
    var generator = SeededGenerator(seed: 1)

    init(mode: TrackerEngine.Mode = .open, limits: TrackerEngine.Limits = .init()) {
        engine = TrackerEngine(mode: mode, interval: .seconds(1_800), limits: limits, using: &generator)
    }

    static func hash(_ number: Int) -> InfoHash {
        guard let hash = InfoHash([UInt8](repeating: 0, count: 12) + bytes(number)) else {
            preconditionFailure("an info-hash has 20 bytes")
        }
        return hash
    }

    static func bytes(_ number: Int) -> [UInt8] { withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) } }

    static func ip(_ number: Int) -> IPAddress { .v4(0x0A00_0000 + UInt32(number)) }

    @discardableResult
    mutating func announce(
        _ peer: Int,
        torrent: Int = 0,
        left: Int = 1,
        event: AnnounceEvent = .none,
        numwant: Int? = nil,
        from ip: IPAddress? = nil,
        port: UInt16 = 6_881,
        key: [UInt8]? = nil,
        moved: Int = 0
    ) throws -> AnnounceResponse {
        let request = AnnounceRequest(
            infoHash: Self.hash(torrent),
            peerID: try #require(PeerID(Array("-P20001-0000".utf8) + Self.bytes(peer))),
            port: port,
            uploaded: moved,
            downloaded: moved,
            left: left,
            event: event,
            numwant: numwant,
            key: key
        )
        return try engine.announce(request, from: ip ?? Self.ip(peer), at: now, using: &generator)
    }

    func counts(_ torrent: Int = 0) -> [Int]? {
        engine.counts(of: Self.hash(torrent)).map { [$0.seeders, $0.leechers, $0.completed] }
    }
}
