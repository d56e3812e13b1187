/// A header such as `form-data; name="file"; filename="a.txt"`: a value and its parameters.
///
/// In a quoted string `\"` and `\\` stand for one character; any other backslash is itself, because browsers do
/// not escape it.
/// - Source: RFC 9110, section 5.6.6.
struct HeaderParameters {
    /// What comes before the first semicolon, without spaces around it.
    let value: String
    private var parameters: [String: [UInt8]] = [:]

    init(_ text: String) {
        self.init(bytes: Array(text.utf8)[...])
    }

    /// The first of equal names counts; what follows a part that cannot be read is left out.
    init(bytes: ArraySlice<UInt8>) {
        var rest = bytes
        let head = rest.prefix { $0 != UInt8(ascii: ";") }
        rest = rest.dropFirst(head.count)
        value = String(decoding: Self.trimmed(head), as: UTF8.self)
        while rest.popFirst() == UInt8(ascii: ";") {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
            rest = rest.dropFirst(name.count)
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest.removeFirst()
            guard let content = Self.takeValue(&rest) else { return }
            let key = String(decoding: Self.trimmed(name), as: UTF8.self).lowercased()
            if parameters[key] == nil { parameters[key] = content }
        }
    }

    /// The parameter `name` as bytes.
    func bytes(_ name: String) -> [UInt8]? { parameters[name] }

    /// The parameter `name` as text; `nil` when it is not UTF-8.
    mutating func take(_ name: String) -> String? {
        parameters.removeValue(forKey: name).flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.first == UInt8(ascii: "\"") else {
            let token = rest.prefix { $0 != UInt8(ascii: ";") }
            rest = rest.dropFirst(token.count)
            return Array(trimmed(token))
        }
        rest.removeFirst()
        var content: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                rest = rest.drop { $0 != UInt8(ascii: ";") }
                return content
            case UInt8(ascii: "\\") where rest.first == UInt8(ascii: "\"") || rest.first == UInt8(ascii: "\\"):
                content.append(rest.removeFirst())
            default:
                content.append(byte)
            }
        }
        return nil
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }
}
