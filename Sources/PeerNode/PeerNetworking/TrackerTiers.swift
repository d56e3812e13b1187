/// Which tracker is asked next.
///
///     tier 0:  a b c      all of a tier are tried, in an order shuffled once;
///     tier 1:  d          one that answers moves to the front of its tier;
///                         the next tier is tried only when a whole tier fails
///
/// - Source: BEP 12.
package struct TrackerTiers: Hashable, Sendable {
    package private(set) var tiers: [[String]]

    /// Shuffles each tier; empty ones and repeated URLs are left out.
    package init(_ tiers: [[String]], using generator: inout some RandomNumberGenerator) {
        self.tiers = []
        append(tiers, using: &generator)
    }

    /// Adds tiers behind those that are there; returns whether anything was new.
    @discardableResult
    package mutating func append(_ more: [[String]], using generator: inout some RandomNumberGenerator) -> Bool {
        var known = Set(tiers.joined())
        let before = known.count
        for tier in more {
            let new = tier.filter { known.insert($0).inserted }
            if !new.isEmpty { tiers.append(new.shuffled(using: &generator)) }
        }
        return known.count > before
    }

    /// Every tracker in the order in which it is to be tried.
    package var order: [String] { tiers.flatMap { $0 } }

    package mutating func answered(_ url: String) {
        for tier in tiers.indices {
            guard let index = tiers[tier].firstIndex(of: url) else { continue }
            tiers[tier].remove(at: index)
            tiers[tier].insert(url, at: 0)
        }
    }
}
