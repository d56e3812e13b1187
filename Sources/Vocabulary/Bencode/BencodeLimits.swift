/// How much bencode we take from outside before we give up.
///
/// - Units: bytes, levels of nesting, values (a list, a dictionary, a key, an integer or a string counts one).
package struct BencodeLimits: Hashable, Sendable {
    /// Whether the keys of a dictionary may come in another order than that of their bytes.
    ///
    /// A key may never come twice.
    package enum KeyOrder: Hashable, Sendable {
        case sorted
        case any
    }

    /// Deeper limits are cut to this: values are released by recursion.
    package static let deepest = 100

    package let maximumBytes: Int
    package let maximumDepth: Int
    package let maximumTokens: Int
    package let keyOrder: KeyOrder

    package init(
        maximumBytes: Int = 64 << 20,
        maximumDepth: Int = deepest,
        maximumTokens: Int = 3_000_000,
        keyOrder: KeyOrder = .sorted
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = min(maximumDepth, Self.deepest)
        self.maximumTokens = maximumTokens
        self.keyOrder = keyOrder
    }

    /// For .torrent files: room for the hashes of two million pieces.
    package static let `default` = BencodeLimits()

    /// For answers of trackers and messages of peers: small, and in any order, as some of them send it.
    package static let message = BencodeLimits(
        maximumBytes: 1 << 20,
        maximumDepth: 32,
        maximumTokens: 100_000,
        keyOrder: .any
    )
}
