/// Bytes from outside as text that can do a terminal, a log or a reader no harm.
package enum PrintableText {
    /// The text of UTF-8 bytes, with everything that is not plainly visible written as an escape.
    ///
    /// Control characters (line breaks and terminal escapes among them), separators of lines, marks that change the
    /// direction of text and other invisible ones become `\u{1b}`; bytes that are not UTF-8 become `\xff`.
    package static func escape(_ bytes: some Collection<UInt8>) -> String {
        var output = ""
        if let text = String(validating: bytes, as: UTF8.self) {
            for scalar in text.unicodeScalars { append(scalar, to: &output) }
            return output
        }
        // Not UTF-8: ASCII stays readable, every other byte is shown as it is.
        for byte in bytes {
            if byte < 0x80 {
                append(UnicodeScalar(byte), to: &output)
            } else {
                output += "\\x" + Hexadecimal.encode([byte])
            }
        }
        return output
    }

    /// Whether `scalar` acts on a terminal or on the order of reading, or shows nothing at all.
    package static func mustEscape(_ scalar: UnicodeScalar) -> Bool {
        // Nearly all of them; the question below is a search.
        guard !scalar.isASCII else { return scalar.value < 0x20 || scalar.value == 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: true
        case .format: !joiners.contains(scalar)
        default: false
        }
    }

    /// Invisible, but they only shape their neighbours: Persian is written with them, and families of emoji.
    private static let joiners: [UnicodeScalar] = ["\u{200C}", "\u{200D}"]

    private static func append(_ scalar: UnicodeScalar, to output: inout String) {
        if mustEscape(scalar) {
            output += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
            output.unicodeScalars.append(scalar)
        }
    }
}
