package import BitTorrentTypes

/// How many requests an address may send: a token bucket for each, in memory of a fixed size.
///
/// An address may send `rate` requests a second, and ten seconds' worth at once when it was quiet. An IPv6 network of 64
/// bits counts as one address, since its owner has all of them. Addresses that share one of the 65,536 places share its
/// budget; who meets whom is drawn anew at each start.
///
/// - Units: `now` in microseconds since any origin.
/// - Source: the generic cell rate algorithm (ITU-T I.371): a place holds the time by which all it has used is paid.
package struct RequestBudget: Sendable {
    private static let places = 1 << 16
    private static let burstSeconds = 10

    private let hash: KeyedHash
    private let cost: UInt64
    private let depth: UInt64
    private var paid: [UInt64]

    /// A rate below 1 counts as 1.
    package init(rate: Int, using generator: inout some RandomNumberGenerator) {
        hash = KeyedHash(using: &generator)
        cost = UInt64(max(1, 1_000_000 / max(1, rate)))
        depth = UInt64(Self.burstSeconds) * 1_000_000
        paid = Array(repeating: 0, count: Self.places)
    }

    /// Whether the address may send one more request.
    package mutating func take(_ ip: IPAddress, at now: UInt64) -> Bool {
        let owner: IPAddress = if case .v6(let high, _) = ip { .v6(high: high, low: 0) } else { ip }
        let place = Int(hash.hash(PeerAddress(ip: owner, port: 0))) & (Self.places - 1)
        let due = max(paid[place], now)
        guard due - now <= depth - min(cost, depth) else { return false }
        paid[place] = due + cost
        return true
    }
}
