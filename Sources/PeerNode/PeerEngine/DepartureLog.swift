import BitTorrentTypes

/// The last departures of a torrent: why peers are gone is what people ask first.
///
/// Its owner may keep it when an engine ends, and give it to the next, if both have one clock.
package struct DepartureLog: Sendable {
    static let capacity = 32

    private var ring: [Departure] = []
    private var next = 0

    package init() {}

    /// The newest first.
    package var newestFirst: [Departure] { Array((ring[next...] + ring[..<next]).reversed()) }

    /// A peer that has left turns out to have sent wrong data.
    mutating func prove(_ evidence: BanEvidence, against id: PeerID, at ip: IPAddress) {
        let order = Array(ring.indices[next...]) + Array(ring.indices[..<next])
        guard let last = order.last(where: { ring[$0].peerID == id && ring[$0].address.ip == ip }) else { return }
        ring[last].evidence = evidence
    }

    mutating func add(_ departure: Departure) {
        if ring.count < Self.capacity {
            ring.append(departure)
        } else {
            ring[next] = departure
            next = (next + 1) % Self.capacity
        }
    }
}
