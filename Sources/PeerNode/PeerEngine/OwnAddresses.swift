import BitTorrentTypes

/// At which addresses peers see us, by what most of them say.
///
/// One address says one thing, so that nobody outvotes the others alone; IPv4 and IPv6 are told apart.
///
/// - Source: BEP 10, `yourip`; BEP 40 for what it is good for.
struct OwnAddresses: Sendable {
    private static let maximumVoters = 64

    private var votes: [IPAddress: IPAddress] = [:]
    private(set) var v4: IPAddress?
    private(set) var v6: IPAddress?

    /// A peer says where it sees us; returns whether that changed what we believe.
    mutating func hear(_ own: IPAddress, from voter: IPAddress) -> Bool {
        guard !own.isUnspecified, own.isIPv6 == voter.isIPv6 else { return false }
        guard votes[voter] != nil || votes.count < Self.maximumVoters else { return false }
        votes[voter] = own
        let before = (v4, v6)
        if own.isIPv6 { v6 = favourite(isIPv6: true) } else { v4 = favourite(isIPv6: false) }
        return before != (v4, v6)
    }

    /// How much the swarm prefers a connection between us and `address`; unknown until peers told us where they see us.
    func canonicalPriority(of address: PeerAddress, ownPort: UInt16?) -> UInt32? {
        guard let own = address.ip.isIPv6 ? v6 : v4 else { return nil }
        return CanonicalPriority.priority(of: address, seenFrom: PeerAddress(ip: own, port: ownPort ?? 0))
    }

    private func favourite(isIPv6: Bool) -> IPAddress? {
        var counts: [IPAddress: Int] = [:]
        for said in votes.values where said.isIPv6 == isIPv6 { counts[said, default: 0] += 1 }
        // Of equals the lower address, so that the same votes always elect the same.
        return counts.max { left, right in
            left.value == right.value
                ? right.key.bytes.lexicographicallyPrecedes(left.key.bytes) : left.value < right.value
        }?.key
    }
}
