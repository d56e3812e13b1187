/// The identity of a torrent of version 2: the SHA-256 of the info dictionary's original bytes.
///
///     bytes   0 ───────── 7 │ 8 ──── 15 │ 16 ──── 23 │ 24 ──── 31
///     on the wire  └────────────────────────────┘ the first 20 only
///
/// - Units: 32 bytes.
/// - Source: BEP 52, "infohash".
package struct InfoHashV2: Hashable, Sendable {
    package static let byteCount = 32

    private let words: SIMD4<UInt64>

    /// Takes exactly 32 bytes; anything else is `nil`.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words = SIMD4<UInt64>()
        for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        self.words = words
    }

    /// Takes exactly 64 hexadecimal digits in either case; anything else is `nil`.
    package init?(hex: String) {
        guard hex.utf8.count == 2 * Self.byteCount, let bytes = Hexadecimal.decode(hex.utf8) else { return nil }
        self.init(bytes)
    }

    package var bytes: [UInt8] {
        (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - 8 * ($0 % 8))) }
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { Hexadecimal.encode(bytes) }

    /// What stands for this hash in handshakes, announces and the DHT: its first 20 bytes.
    package var truncated: InfoHash {
        guard let hash = InfoHash(bytes.prefix(InfoHash.byteCount)) else { preconditionFailure("20 of 32 bytes") }
        return hash
    }
}

extension InfoHashV2: CustomStringConvertible {
    package var description: String { hex }
}
