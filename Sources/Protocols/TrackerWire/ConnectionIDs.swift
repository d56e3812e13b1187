package import BitTorrentTypes

/// The connection ids of a UDP tracker: a keyed hash of address and time, so that nothing is kept for a client before it
/// has shown that it receives what is sent to its address.
///
///     id   keyed hash of (address, minute) 56 bits │ minute 8 bits        good in its own minute and the next
///
/// - Units: `second` counts from any origin; an id is good for one to two minutes.
/// - Source: BEP 15; SipHash-2-4 (Aumasson, Bernstein 2012).
package struct ConnectionIDs: Sendable {
    private let key: (UInt64, UInt64)

    package init(using generator: inout some RandomNumberGenerator) {
        key = (generator.next(), generator.next())
    }

    package func id(for address: IPAddress, at second: UInt32) -> UInt64 {
        id(for: address, minute: UInt64(second / 60))
    }

    /// Compares all bits at once, in the same time whichever differ.
    package func isGood(_ id: UInt64, for address: IPAddress, at second: UInt32) -> Bool {
        let minute = UInt64(second / 60)
        let age = (minute &- id) & 0xFF
        guard age <= 1, age <= minute else { return false }
        return self.id(for: address, minute: minute - age) ^ id == 0
    }

    private func id(for address: IPAddress, minute: UInt64) -> UInt64 {
        let words: (UInt64, UInt64, UInt64) =
            switch address {
            case .v4(let word): (4, UInt64(word), minute)
            case .v6(let high, let low): (high, low, minute | 6 << 56)
            }
        return hash(words) & ~0xFF | minute & 0xFF
    }

    private func hash(_ words: (UInt64, UInt64, UInt64)) -> UInt64 {
        var state = SipState(key)
        state.take(words.0)
        state.take(words.1)
        state.take(words.2)
        state.take(24 << 56)
        return state.finished()
    }
}

private struct SipState {
    private var first: UInt64
    private var second: UInt64
    private var third: UInt64
    private var fourth: UInt64

    init(_ key: (UInt64, UInt64)) {
        first = key.0 ^ 0x736F_6D65_7073_6575
        second = key.1 ^ 0x646F_7261_6E64_6F6D
        third = key.0 ^ 0x6C79_6765_6E65_7261
        fourth = key.1 ^ 0x7465_6462_7974_6573
    }

    mutating func take(_ word: UInt64) {
        fourth ^= word
        round()
        round()
        first ^= word
    }

    mutating func finished() -> UInt64 {
        third ^= 0xFF
        for _ in 0..<4 { round() }
        return first ^ second ^ third ^ fourth
    }

    private mutating func round() {
        first &+= second
        second = Self.rotated(second, 13) ^ first
        first = Self.rotated(first, 32)
        third &+= fourth
        fourth = Self.rotated(fourth, 16) ^ third
        first &+= fourth
        fourth = Self.rotated(fourth, 21) ^ first
        third &+= second
        second = Self.rotated(second, 17) ^ third
        third = Self.rotated(third, 32)
    }

    private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 &- bits) }
}
