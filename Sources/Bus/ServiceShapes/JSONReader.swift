/// Why bytes are no JSON that we take.
package enum JSONError: Error, Hashable {
    case unexpected(offset: Int)
    case tooDeep(limit: Int)
    case notUTF8
    case duplicateKey(String)
    case badNumber(offset: Int)
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unexpected(let offset): "something else than JSON is at byte \(offset)"
        case .tooDeep(let limit): "there are more than \(limit) levels"
        case .notUTF8: "a text is not UTF-8, or has half of a surrogate pair"
        case .duplicateKey(let key): "the key \(key.prefix(64)) is there twice"
        case .badNumber(let offset): "a number that cannot be held is at byte \(offset)"
        }
    }
}

extension JSONValue {
    /// Reads one value and nothing after it, strictly: no key twice, no lone surrogate, no number beyond what can be held.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8; the caller has limited their number.
    ///   - depth: how many arrays and objects may lie in each other.
    /// - Source: RFC 8259, with the advice of RFC 7493 (I-JSON) as the rule.
    /// - Returns: the value, with its objects' keys in the order of the text.
    /// - Throws: ``JSONError``.
    package static func parse(_ bytes: [UInt8], depth: Int = 16) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes: bytes, limit: depth)
        return try reader.document()
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    let limit: Int
    private var offset = 0

    init(bytes: [UInt8], limit: Int) {
        self.bytes = bytes
        self.limit = limit
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private var unexpected: JSONError { .unexpected(offset: offset) }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(level: 0)
        skipSpace()
        guard next == nil else { throw unexpected }
        return value
    }

    private mutating func value(level: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(level: level + 1)
        case UInt8(ascii: "["): return try array(level: level + 1)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(level: Int) throws(JSONError) -> JSONValue {
        guard level <= limit else { throw .tooDeep(limit: limit) }
        offset += 1
        var fields: [JSONValue.Field] = []
        var keys: Set<String> = []
        skipSpace()
        if take("}") { return .object([]) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw unexpected }
            let key = try text()
            guard keys.insert(key).inserted else { throw .duplicateKey(key) }
            skipSpace()
            guard take(":") else { throw unexpected }
            fields.append(JSONValue.Field(key: key, value: try value(level: level)))
            skipSpace()
        } while take(",")
        guard take("}") else { throw unexpected }
        return .object(fields)
    }

    private mutating func array(level: Int) throws(JSONError) -> JSONValue {
        guard level <= limit else { throw .tooDeep(limit: limit) }
        offset += 1
        var values: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        repeat {
            values.append(try value(level: level))
            skipSpace()
        } while take(",")
        guard take("]") else { throw unexpected }
        return .array(values)
    }

    private mutating func text() throws(JSONError) -> String {
        offset += 1
        var units: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else { throw .notUTF8 }
                return text
            case UInt8(ascii: "\\"):
                units += try escaped()
            case 0..<0x20:
                throw .unexpected(offset: offset - 1)
            default:
                units.append(byte)
            }
        }
        throw unexpected
    }

    private mutating func escaped() throws(JSONError) -> [UInt8] {
        guard let byte = next else { throw unexpected }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var units = [try unit()]
            if UTF16.isLeadSurrogate(units[0]) {
                guard take("\\"), take("u") else { throw .notUTF8 }
                units.append(try unit())
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw .notUTF8 }
            return Array(text.utf8)
        default: throw .unexpected(offset: offset - 1)
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit() throws(JSONError) -> UInt16 {
        let digits = bytes[offset...].prefix(4)
        guard digits.count == 4, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw unexpected }
        offset += 4
        return unit
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        _ = take("-")
        let whole = digits()
        guard whole.count == 1 || !whole.isEmpty && whole.first != UInt8(ascii: "0") else { throw unexpected }
        var isWhole = true
        if take(".") {
            isWhole = false
            guard !digits().isEmpty else { throw unexpected }
        }
        if take("e") || take("E") {
            isWhole = false
            _ = take("+") || take("-")
            guard !digits().isEmpty else { throw unexpected }
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw .badNumber(offset: start) }
        return .number(number)
    }

    private mutating func digits() -> ArraySlice<UInt8> {
        let run = bytes[offset...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        offset += run.count
        return run
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let wanted = Array(word.description.utf8)
        guard bytes[offset...].starts(with: wanted) else { throw unexpected }
        offset += wanted.count
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C {
            offset += 1
        }
    }
}

extension JSONValue {
    /// The value under `key`; `nil` when this is no object, or has no such key.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.key == key }?.value
    }

    package var keys: [String] {
        guard case .object(let fields) = self else { return [] }
        return fields.map(\.key)
    }

    package var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    package var integer: Int? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    package var number: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    package var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    package var array: [JSONValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }
}
