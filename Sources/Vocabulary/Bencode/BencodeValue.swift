/// A value to be encoded.
///
///     let reply: BencodeValue = ["interval": 1800, "peers": .string(compact)]
///     reply.encoded()     // d8:intervali1800e5:peers…e
///
/// - Source: BEP 3, "bencoding".
package enum BencodeValue: Hashable, Sendable {
    case integer(Int)
    /// Canonical decimal digits, after a sign perhaps, of a number that 64 bits do not hold.
    case wideInteger([UInt8])
    case string([UInt8])
    case list([BencodeValue])
    case dictionary([[UInt8]: BencodeValue])

    /// The UTF-8 bytes of `text` as a string.
    package static func text(_ text: String) -> BencodeValue { .string(Array(text.utf8)) }

    /// The same value as one that was decoded, without its place in the input.
    package init(_ node: BencodeNode) {
        // Decoding has bounded the depth, and so this recursion.
        switch node.value {
        case .integer(let integer): self = .integer(integer)
        case .wideInteger(let digits): self = .wideInteger(digits)
        case .string(let bytes): self = .string(bytes)
        case .list(let items): self = .list(items.map(BencodeValue.init))
        case .dictionary(let dictionary):
            let pairs = dictionary.entries.map { ($0.key, BencodeValue($0.value)) }
            self = .dictionary(Dictionary(uniqueKeysWithValues: pairs))
        }
    }

    /// The one canonical encoding: keys ascending as bytes.
    package func encoded() -> [UInt8] {
        enum Part {
            case value(BencodeValue)
            case key([UInt8])
            case end
        }
        var output: [UInt8] = []
        var parts: [Part] = [.value(self)]
        func appendString(_ bytes: [UInt8]) {
            output += String(bytes.count).utf8
            output.append(UInt8(ascii: ":"))
            output += bytes
        }
        func appendInteger(_ digits: [UInt8]) {
            output.append(UInt8(ascii: "i"))
            output += digits
            output.append(UInt8(ascii: "e"))
        }
        while let part = parts.popLast() {
            switch part {
            case .end:
                output.append(UInt8(ascii: "e"))
            case .key(let bytes), .value(.string(let bytes)):
                appendString(bytes)
            case .value(.integer(let integer)):
                appendInteger(Array(String(integer).utf8))
            case .value(.wideInteger(let digits)):
                appendInteger(digits)
            case .value(.list(let items)):
                output.append(UInt8(ascii: "l"))
                parts.append(.end)
                parts += items.reversed().map { .value($0) }
            case .value(.dictionary(let entries)):
                output.append(UInt8(ascii: "d"))
                parts.append(.end)
                for (key, value) in entries.sorted(by: { $1.key.lexicographicallyPrecedes($0.key) }) {
                    parts.append(.value(value))
                    parts.append(.key(key))
                }
            }
        }
        return output
    }
}

// MARK: - Literals

extension BencodeValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int) { self = .integer(value) }
}

extension BencodeValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
}

extension BencodeValue: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: BencodeValue...) { self = .list(elements) }
}

extension BencodeValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, BencodeValue)...) {
        self = .dictionary(Dictionary(elements.map { (Array($0.utf8), $1) }) { _, last in last })
    }
}
