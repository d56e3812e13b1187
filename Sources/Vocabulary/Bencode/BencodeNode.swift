/// A decoded value that remembers which bytes of the input it was.
///
///     d 4:info d … e e
///              └───┘        range of node["info"]: what the info-hash is taken over
///
/// - Source: BEP 3, "bencoding".
package struct BencodeNode: Sendable {
    package enum Value: Sendable {
        case integer(Int)
        /// Decimal digits, after a sign perhaps, of a number that 64 bits do not hold.
        case wideInteger([UInt8])
        case string([UInt8])
        case list([BencodeNode])
        case dictionary(BencodeDictionary)
    }

    package let value: Value
    /// Where the value lies in the input, its delimiters included.
    package let range: Range<Int>

    /// Decodes exactly one value that fills `bytes` to the end.
    package static func decode(
        _ bytes: [UInt8],
        limits: BencodeLimits = .default
    ) throws(BencodeError) -> BencodeNode {
        guard bytes.count <= limits.maximumBytes else {
            throw .tooLarge(count: bytes.count, limit: limits.maximumBytes)
        }
        var decoder = BencodeDecoder(bytes: bytes, limits: limits)
        return try decoder.decode()
    }

    /// The value under the UTF-8 bytes of `key`; `nil` when there is none or this is no dictionary.
    package subscript(_ key: String) -> BencodeNode? {
        guard case .dictionary(let dictionary) = value else { return nil }
        var key = key
        return key.withUTF8 { dictionary.value(under: $0) }
    }

    /// The number of an integer that fits 64 bits.
    package var integer: Int? {
        if case .integer(let integer) = value { integer } else { nil }
    }

    package var string: [UInt8]? {
        if case .string(let bytes) = value { bytes } else { nil }
    }

    package var list: [BencodeNode]? {
        if case .list(let items) = value { items } else { nil }
    }

    package var dictionary: BencodeDictionary? {
        if case .dictionary(let dictionary) = value { dictionary } else { nil }
    }
}

/// The entries of a decoded dictionary, ascending by the bytes of their keys.
package struct BencodeDictionary: Sendable {
    package struct Entry: Sendable {
        package let key: [UInt8]
        package let value: BencodeNode
    }

    package let entries: [Entry]

    /// Takes entries that are sorted and unique already.
    init(sorted entries: [Entry]) {
        self.entries = entries
    }

    package subscript(_ key: [UInt8]) -> BencodeNode? { key.withUnsafeBufferPointer { value(under: $0) } }

    fileprivate func value(under key: UnsafeBufferPointer<UInt8>) -> BencodeNode? {
        var candidates = entries.indices
        while !candidates.isEmpty {
            let middle = candidates.lowerBound + candidates.count / 2
            switch entries[middle].key.compare(with: key) {
            case .equal: return entries[middle].value
            case .less: candidates = middle + 1..<candidates.upperBound
            case .greater: candidates = candidates.lowerBound..<middle
            }
        }
        return nil
    }
}

/// How a key stands to another in the order of their bytes.
enum KeyComparison {
    case less
    case equal
    case greater
}

extension [UInt8] {
    func compare(with other: UnsafeBufferPointer<UInt8>) -> KeyComparison {
        withUnsafeBufferPointer { own in
            for index in 0..<Swift.min(own.count, other.count) where own[index] != other[index] {
                return own[index] < other[index] ? .less : .greater
            }
            return own.count == other.count ? .equal : own.count < other.count ? .less : .greater
        }
    }
}
