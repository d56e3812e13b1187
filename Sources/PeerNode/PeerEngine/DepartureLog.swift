/// The last departures of a torrent: why peers are gone is what people ask first.
struct DepartureLog: Sendable {
    static let capacity = 32

    private var ring: [Departure] = []
    private var next = 0

    /// The newest first.
    var newestFirst: [Departure] { Array((ring[next...] + ring[..<next]).reversed()) }

    mutating func add(_ departure: Departure) {
        if ring.count < Self.capacity {
            ring.append(departure)
        } else {
            ring[next] = departure
            next = (next + 1) % Self.capacity
        }
    }
}
