/// Bytes as they stand in a URL and back.
///
/// - Source: RFC 3986, section 2.1.
package enum PercentEncoding {
    /// Every byte but the unreserved ones as `%XX`.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if isUnreserved(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes that `text` stands for; `nil` when a `%` is not followed by two hexadecimal digits.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        decode(text) { nil }
    }

    /// As ``decode(_:)``, but a `%` that begins no escape stands for itself.
    package static func decodeLeniently(_ text: some Collection<UInt8>) -> [UInt8] {
        decode(text) { UInt8(ascii: "%") } ?? []
    }

    private static func decode(_ text: some Collection<UInt8>, onBadEscape: () -> UInt8?) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
            } else if rest.prefix(2).count == 2, let value = Hexadecimal.decode(rest.prefix(2))?.first {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else if let substitute = onBadEscape() {
                bytes.append(substitute)
            } else {
                return nil
            }
        }
        return bytes
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
