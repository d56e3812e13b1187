/// Why bytes are not the bencode we accept; each offset is the byte where it was noticed.
package enum BencodeError: Error, Hashable {
    case tooLarge(count: Int, limit: Int)
    case tooDeep(limit: Int, offset: Int)
    case tooManyValues(limit: Int, offset: Int)
    /// The input ends inside a value.
    case endOfInput(offset: Int)
    /// No value begins with this byte, or the value that has begun cannot go on with it.
    case unexpectedByte(UInt8, offset: Int)
    case leadingZero(offset: Int)
    case negativeZero(offset: Int)
    /// A number with thousands of digits.
    case integerOutOfRange(offset: Int)
    /// A string that claims more bytes than there are.
    case stringPastEnd(offset: Int)
    case keyNotString(offset: Int)
    case keyWithoutValue(offset: Int)
    case duplicateKey(offset: Int)
    case unsortedKey(offset: Int)
    /// Bytes after the end of the one value.
    case trailingBytes(offset: Int)
}

extension BencodeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge(let count, let limit): "bencode of \(count) bytes is more than the \(limit) we accept"
        case .tooDeep(let limit, let offset): "bencode nested deeper than \(limit) levels at byte \(offset)"
        case .tooManyValues(let limit, let offset): "bencode with more than \(limit) values at byte \(offset)"
        case .endOfInput(let offset): "bencode ends at byte \(offset) in the middle of a value"
        case .unexpectedByte(let byte, let offset): "unexpected byte \(Self.shown(byte)) in bencode at byte \(offset)"
        case .leadingZero(let offset): "number with a leading zero in bencode at byte \(offset)"
        case .negativeZero(let offset): "negative zero in bencode at byte \(offset)"
        case .integerOutOfRange(let offset): "number with too many digits in bencode at byte \(offset)"
        case .stringPastEnd(let offset): "string longer than the rest of the data in bencode at byte \(offset)"
        case .keyNotString(let offset): "dictionary key that is not a string in bencode at byte \(offset)"
        case .keyWithoutValue(let offset): "dictionary key without a value in bencode at byte \(offset)"
        case .duplicateKey(let offset): "dictionary key that is there twice in bencode at byte \(offset)"
        case .unsortedKey(let offset): "dictionary keys out of order in bencode at byte \(offset)"
        case .trailingBytes(let offset): "bytes after the end of the bencode at byte \(offset)"
        }
    }

    private static func shown(_ byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "'\(UnicodeScalar(byte))'" : "0x" + String(byte, radix: 16)
    }
}
