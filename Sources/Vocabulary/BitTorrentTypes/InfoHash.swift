/// The identity of a torrent on the wire: the SHA-1 of the info dictionary's original bytes.
///
/// - Units: 20 bytes.
/// - Source: BEP 3, "info_hash".
package struct InfoHash: Hashable, Sendable {
    package static let byteCount = TwentyBytes.count

    private let value: TwentyBytes

    /// Takes exactly 20 bytes; anything else is `nil`.
    package init?(_ bytes: some Collection<UInt8>) {
        guard let value = TwentyBytes(bytes) else { return nil }
        self.value = value
    }

    /// Takes exactly 40 hexadecimal digits in either case; anything else is `nil`.
    package init?(hex: String) {
        guard hex.utf8.count == 2 * Self.byteCount, let bytes = Hexadecimal.decode(hex.utf8) else { return nil }
        self.init(bytes)
    }

    /// Reads twenty bytes at `pointer`, wherever they lie.
    package init(loadingFrom pointer: UnsafeRawPointer) { value = TwentyBytes(loadingFrom: pointer) }

    /// Writes the twenty bytes at `pointer`.
    package func store(to pointer: UnsafeMutableRawPointer) { value.store(to: pointer) }

    /// The bytes as big-endian numbers, for tables that hash them with a key of their own.
    package var words: (UInt64, UInt64, UInt32) { value.words }

    package var bytes: [UInt8] { value.bytes }

    /// 40 lower-case hexadecimal digits.
    package var hex: String { Hexadecimal.encode(bytes) }
}

extension InfoHash: CustomStringConvertible {
    package var description: String { hex }
}

extension InfoHash: Comparable {
    package static func < (left: InfoHash, right: InfoHash) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
