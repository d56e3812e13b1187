import BitTorrentTypes

/// Where peers stand in a table: a quick hash under a secret of the process, so that nobody outside can choose
/// addresses or ids that all fall on one place.
///
/// - Source: the folded multiplication of wyhash.
struct KeyedHash: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64

    init(using generator: inout some RandomNumberGenerator) {
        first = generator.next()
        second = generator.next() | 1
    }

    func hash(_ address: PeerAddress) -> UInt32 {
        switch address.ip {
        case .v4(let word): reduced(UInt64(word) << 16 | UInt64(address.port))
        case .v6(let high, let low): reduced(Self.fold(high ^ first, low ^ second) ^ UInt64(address.port))
        }
    }

    func hash(_ id: PeerID) -> UInt32 {
        let (head, middle, tail) = id.words
        return reduced(Self.fold(head ^ first, middle ^ second) ^ UInt64(tail))
    }

    private func reduced(_ word: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: Self.fold(word ^ first, second))
    }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

/// Random numbers that cost next to nothing, from a seed that the caller drew.
///
/// - Source: SplitMix64 (Steele, Lea, Flood 2014).
package struct QuickGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A number from 0 up to but not including `bound`, which is not 0.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(truncatingIfNeeded: bound)) >> 32)
    }
}
