/// How a peer names itself in a handshake and to a tracker.
///
/// - Units: 20 bytes: `-P20001-` and 12 random ones for ours.
/// - Source: BEP 3, BEP 20.
package struct PeerID: Hashable, Sendable {
    package static let byteCount = TwentyBytes.count

    /// The client code and version that our own ids begin with (BEP 20, Azureus style).
    package static let prefix = Array("-P20001-".utf8)

    private let value: TwentyBytes

    /// Takes exactly 20 bytes; anything else is `nil`.
    package init?(_ bytes: some Collection<UInt8>) {
        guard let value = TwentyBytes(bytes) else { return nil }
        self.value = value
    }

    /// A new id of our own.
    package static func random(using generator: inout some RandomNumberGenerator) -> PeerID {
        let tail = (0..<byteCount - prefix.count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard let id = PeerID(prefix + tail) else { preconditionFailure("a peer id is 20 bytes") }
        return id
    }

    /// Reads twenty bytes at `pointer`, wherever they lie.
    package init(loadingFrom pointer: UnsafeRawPointer) { value = TwentyBytes(loadingFrom: pointer) }

    /// Writes the twenty bytes at `pointer`.
    package func store(to pointer: UnsafeMutableRawPointer) { value.store(to: pointer) }

    /// The bytes as big-endian numbers, for tables that hash them with a key of their own.
    package var words: (UInt64, UInt64, UInt32) { value.words }

    package var bytes: [UInt8] { value.bytes }
}

extension PeerID: CustomStringConvertible {
    /// Printable ASCII as it is, every other byte as `%xx`.
    package var description: String {
        bytes.map { byte in
            (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "%")
                ? String(UnicodeScalar(byte)) : "%" + Hexadecimal.encode([byte])
        }.joined()
    }
}
