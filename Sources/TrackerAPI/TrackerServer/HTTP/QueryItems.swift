import Hummingbird

/// The parameters of a request for people: UTF-8 text, the first of equal names counts.
///
/// Announces do not come this way: their values are bytes.
struct QueryItems {
    private var values: [String: String] = [:]

    init(_ request: Request) throws(Problem) {
        guard let path = request.head.path, let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) else { return }
        for item in path.utf8[mark...].dropFirst().split(separator: UInt8(ascii: "&")) {
            let name = item.prefix { $0 != UInt8(ascii: "=") }
            guard let key = Self.decode(name), let value = Self.decode(item.dropFirst(name.count + 1)) else {
                throw Problem(.badRequest, "The query is no text.", action: "Percent-encode it as UTF-8.")
            }
            if values[key] == nil { values[key] = value }
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// The parameter `name` as a whole number; one of too many digits is the greatest or least.
    func number(_ name: String) throws(Problem) -> Int? {
        guard let text = values[name] else { return nil }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Problem(.badRequest, "The parameter \(name) is no number.", action: "Give it in decimal digits.")
        }
        return Int(text) ?? (text.hasPrefix("-") ? .min : .max)
    }

    private static func decode(_ bytes: some Sequence<UInt8>) -> String? {
        var decoded: [UInt8] = []
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"):
                decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next(), let low = iterator.next(),
                    let digits = String(validating: [high, low], as: UTF8.self), digits.first != "+",
                    let value = UInt8(digits, radix: 16)
                else { return nil }
                decoded.append(value)
            default:
                decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
