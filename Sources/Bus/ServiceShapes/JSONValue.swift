import BitTorrentTypes

/// A JSON value whose objects keep the order of their keys, so that equal values are equal lines.
package indirect enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// Canonical decimal digits of an integer that 64 bits need not hold.
    case digits([UInt8])
    case number(Double)
    case text(String)
    case array([JSONValue])
    case object([Field])

    package struct Field: Hashable, Sendable {
        package let key: String
        package let value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Bytes that should be text: text when they are UTF-8, else `{"hex": …}`.
    package static func bytes(_ bytes: some Collection<UInt8>) -> JSONValue {
        if let text = String(validating: bytes, as: UTF8.self) { return .text(text) }
        return .object([Field(key: "hex", value: .text(Hexadecimal.encode(bytes)))])
    }

    package static func optional(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }
    package static func optional(_ number: Double?) -> JSONValue { number.map { .number($0) } ?? .null }
    package static func optional(_ integer: Int?) -> JSONValue { integer.map { .integer($0) } ?? .null }

    /// One line of UTF-8, without the line break.
    package var encoded: String {
        var output: [UInt8] = []
        write(to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    // As deep as the value: shapes are flat, and decoded bencode has a bounded depth.
    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .boolean(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .digits(let digits): output += digits
        case .number(let value): output += (value.isFinite ? String(describing: value) : "null").utf8
        case .text(let text): Self.write(text, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let fields):
            output.append(UInt8(ascii: "{"))
            for (index, field) in fields.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(field.key, to: &output)
                output.append(UInt8(ascii: ":"))
                field.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Escapes what JSON demands, and what would act on a terminal that shows the line.
    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        defer { output.append(UInt8(ascii: "\"")) }
        // Nearly every text, and every key.
        if text.utf8.allSatisfy(isPlain) { return output += text.utf8 }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\"".utf8
            case "\\": output += "\\\\".utf8
            case "\n": output += "\\n".utf8
            case "\r": output += "\\r".utf8
            case "\t": output += "\\t".utf8
            case _ where PrintableText.mustEscape(scalar):
                for unit in String(scalar).utf16 {
                    let digits = Hexadecimal.encode([UInt8(unit >> 8), UInt8(truncatingIfNeeded: unit)])
                    output += "\\u\(digits)".utf8
                }
            default: output += String(scalar).utf8
            }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Field(key: $0.0, value: $0.1) })
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
}

extension JSONValue: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int) { self = .integer(value) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension JSONValue {
    /// This object with the fields of `other` after its own.
    package func adding(_ other: JSONValue) -> JSONValue {
        guard case .object(let own) = self, case .object(let more) = other else { return self }
        return .object(own + more)
    }

    /// A name under `key`: always text, so that scripts can rely on the type.
    ///
    /// Bytes that are not UTF-8 appear with U+FFFD, and exactly under `key_hex`.
    package static func name(_ key: String, _ bytes: [UInt8]) -> JSONValue {
        let shown = Field(key: key, value: .text(String(decoding: bytes, as: UTF8.self)))
        guard String(validating: bytes, as: UTF8.self) == nil else { return .object([shown]) }
        return .object([shown, Field(key: key + "_hex", value: .text(Hexadecimal.encode(bytes)))])
    }
}
