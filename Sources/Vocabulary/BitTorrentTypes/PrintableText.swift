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

    private static func append(_ scalar: UnicodeScalar, to output: inout String) {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
            output += "\\u{" + String(scalar.value, radix: 16) + "}"
        default:
            output.unicodeScalars.append(scalar)
        }
    }
}
