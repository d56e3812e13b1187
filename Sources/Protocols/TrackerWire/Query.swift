import BitTorrentTypes

/// The parameters of a tracker request, as bytes: an info-hash is no text.
struct Query {
    static let maximumLength = 16 << 10

    private let parameters: [(key: String, value: [UInt8]?)]

    init(_ bytes: some Collection<UInt8>) throws(AnnounceRefusal) {
        guard bytes.count <= Self.maximumLength else { throw .queryTooLong(limit: Self.maximumLength) }
        parameters = bytes.split(separator: UInt8(ascii: "&")).map { parameter in
            let key = parameter.prefix { $0 != UInt8(ascii: "=") }
            let value = parameter.dropFirst(key.count + 1)
            return (String(decoding: key, as: UTF8.self), PercentEncoding.decode(value))
        }
    }

    /// Every value of `field`, decoded.
    func values(of field: String) throws(AnnounceRefusal) -> [[UInt8]] {
        var values: [[UInt8]] = []
        for parameter in parameters where parameter.key == field {
            guard let value = parameter.value else { throw .badEscape(field: field) }
            values.append(value)
        }
        return values
    }

    func value(of field: String) throws(AnnounceRefusal) -> [UInt8]? {
        let values = try values(of: field)
        guard values.count <= 1 else { throw .repeated(field: field) }
        return values.first
    }

    func required(_ field: String) throws(AnnounceRefusal) -> [UInt8] {
        guard let value = try value(of: field) else { throw .missing(field: field) }
        return value
    }

    /// A number in plain decimal digits, or `nil` when the field is not there or empty.
    func number(_ field: String, in allowed: ClosedRange<Int>) throws(AnnounceRefusal) -> Int? {
        guard let value = try value(of: field), !value.isEmpty else { return nil }
        let digits = value.first == UInt8(ascii: "-") ? value.dropFirst() : value[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else {
            throw .notNumber(field: field)
        }
        guard let number = Int(String(decoding: value, as: UTF8.self)), allowed.contains(number) else {
            throw .outOfRange(field: field)
        }
        return number
    }

    /// An info-hash: 20 bytes, or the 40 hexadecimal digits that people type.
    static func infoHash(_ bytes: [UInt8]) throws(AnnounceRefusal) -> InfoHash {
        if let hash = InfoHash(bytes) { return hash }
        if bytes.count == 2 * InfoHash.byteCount, let hash = Hexadecimal.decode(bytes).flatMap({ InfoHash($0) }) {
            return hash
        }
        throw .wrongLength(field: "info_hash", expected: InfoHash.byteCount, actual: bytes.count)
    }
}
