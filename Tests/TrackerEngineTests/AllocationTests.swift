import AllocationCount
import BitTorrentTypes
import Testing
import TrackerEngine
import TrackerWire

/// The way of an announce through the pure parts of the tracker, as the doors go it: read, served, written.
@Suite(.enabled(if: allocation_count() >= 0, "the heap of this build belongs to a sanitizer"))
struct `An announce of a peer that is known` {
    private static let peers = 200
    private static let announces = 10_000

    /// Peers of one swarm, every fourth a seeder, and memory for an answer.
    private struct Warm {
        var swarm = Swarmers()
        let selection = PeerSelection()
        let answer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

        init() throws { for peer in 0..<peers { try swarm.announce(peer, left: peer % 4) } }

        /// How many blocks the heap gave while every peer announced again and again, one second after the other.
        func allocations(_ announce: (_ peer: Int, _ second: UInt32) throws -> Int) throws -> Int {
            var written = 0
            // Once before: what is made at the first use is made now.
            for peer in 0..<peers { written += try announce(peer, 1_000) }
            let before = allocation_count()
            for number in 0..<announces { written += try announce(number % peers, 1_001 + UInt32(number / 100)) }
            let taken = allocation_count() - before
            #expect(written > announces * 300, "each answer has its fifty peers")
            return taken
        }
    }

    private static func identity(_ peer: Int) -> [UInt8] { Array("-P20001-0000".utf8) + Swarmers.bytes(peer) }

    @Test func `over HTTP takes nothing from the heap`() throws {
        let warm = try Warm()
        defer { warm.answer.deallocate() }
        let queries = (0..<Self.peers).map { peer in
            let hash = PercentEncoding.encode(Swarmers.hash(0).bytes)
            let id = PercentEncoding.encode(Self.identity(peer))
            return Array(
                "info_hash=\(hash)&peer_id=\(id)&port=6881&uploaded=1&downloaded=2&left=\(peer % 4)&key=0A0B0C0D&compact=1"
                    .utf8
            )
        }
        let body = try #require(warm.answer.baseAddress)
        let taken = try warm.allocations { peer, second in
            try queries[peer].withUnsafeBytes { query in
                guard let fields = AnnounceFields(query: query) else { return 0 }
                let key = PeerAnnounce.key(of: UnsafeRawBufferPointer(rebasing: query[fields.key]))
                let announce = PeerAnnounce(fields, key: key, from: Swarmers.ip(peer))
                let counts = try warm.swarm.engine.announce(
                    announce,
                    at: second,
                    random: UInt64(second) &* 0x9E37_79B9_7F4A_7C15,
                    into: warm.selection
                )
                return AnnounceAnswer.write(
                    interval: warm.swarm.engine.intervalSeconds,
                    minInterval: TrackerEngine.minimumInterval,
                    complete: counts.seeders,
                    incomplete: counts.leechers,
                    externalIP: Swarmers.ip(peer),
                    fours: warm.selection.fourBytes,
                    sixes: warm.selection.sixBytes,
                    to: body
                )
            }
        }
        #expect(taken == 0)
    }

    @Test func `over UDP takes nothing from the heap`() throws {
        let warm = try Warm()
        defer { warm.answer.deallocate() }
        let datagrams = try (0..<Self.peers).map { peer in
            UDPTrackerRequest.announce(
                AnnounceRequest(
                    infoHash: Swarmers.hash(0),
                    peerID: try #require(PeerID(Self.identity(peer))),
                    port: 6_881,
                    left: peer % 4
                ),
                target: "/announce",
                connection: 1,
                transaction: 2
            )
        }
        let place = try #require(warm.answer.baseAddress)
        let taken = try warm.allocations { peer, second in
            try datagrams[peer].withUnsafeBytes { datagram in
                guard case .announce(_, let transaction)? = UDPTrackerQuery(datagram) else { return 0 }
                let fields = UDPAnnounceFields(datagram)
                let counts = try warm.swarm.engine.announce(
                    PeerAnnounce(fields, key: fields.key, from: Swarmers.ip(peer)),
                    at: second,
                    random: UInt64(second) &* 0x9E37_79B9_7F4A_7C15,
                    into: warm.selection
                )
                return UDPTrackerAnswer.announce(
                    interval: warm.swarm.engine.intervalSeconds,
                    leechers: counts.leechers,
                    seeders: counts.seeders,
                    peers: warm.selection.fourBytes,
                    transaction: transaction,
                    to: place
                )
            }
        }
        #expect(taken == 0)
    }

    @Test func `is counted: the heap is asked when something is made`() {
        let before = allocation_count()
        let block = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8)
        #expect(allocation_count() == before + 1)
        block.deallocate()
    }
}
