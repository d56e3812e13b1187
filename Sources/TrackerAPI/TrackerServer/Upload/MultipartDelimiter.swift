import Glibc

/// Finds the lines between the parts of a multipart body.
struct MultipartDelimiter {
    /// A delimiter that was found whole.
    struct End: Hashable {
        /// With the line breaks on both sides.
        let length: Int
        let isLast: Bool
    }

    /// How far a search came.
    struct Found: Hashable {
        /// Bytes that belong to no delimiter.
        let before: Int
        /// The delimiter after them; `nil` when the buffer does not hold a whole one.
        let end: End?
    }

    /// Spaces and tabs that may follow the boundary.
    private static let paddingLimit = 64

    /// CR LF, two hyphens, the boundary.
    private let text: [UInt8]

    init(boundary: MultipartBoundary) {
        text = Array("\r\n--".utf8) + boundary.bytes
    }

    /// Looks from `start` on for the first delimiter, or for what could become one with more bytes.
    func search(_ buffer: [UInt8], from start: Int) -> Found {
        buffer.withUnsafeBytes { bytes in
            var index = start
            while let candidate = Self.lineBreak(in: bytes, from: index) {
                switch match(bytes, at: candidate) {
                case .delimiter(let end): return Found(before: candidate - start, end: end)
                case .undecided: return Found(before: candidate - start, end: nil)
                case .content: index = candidate + 1
                }
            }
            return Found(before: bytes.count - start, end: nil)
        }
    }

    private enum Match {
        case content, undecided, delimiter(End)
    }

    private static func lineBreak(in bytes: UnsafeRawBufferPointer, from index: Int) -> Int? {
        guard index < bytes.count, let base = bytes.baseAddress else { return nil }
        return memchr(base + index, 0x0D, bytes.count - index).map { UnsafeRawPointer($0) - base }
    }

    private func match(_ bytes: UnsafeRawBufferPointer, at candidate: Int) -> Match {
        let rest = bytes[candidate...]
        guard rest.count >= text.count else { return text.starts(with: rest) ? .undecided : .content }
        guard rest.starts(with: text) else { return .content }
        let tail = rest.dropFirst(text.count)
        if tail.first == UInt8(ascii: "-") {
            guard tail.count >= 2 else { return .undecided }
            let isLast = tail.dropFirst().first == UInt8(ascii: "-")
            return isLast ? .delimiter(End(length: text.count + 2, isLast: true)) : .content
        }
        let padding = tail.prefix(Self.paddingLimit).prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let ending = tail.dropFirst(padding.count).prefix(2)
        if ending.elementsEqual([0x0D, 0x0A]) {
            return .delimiter(End(length: text.count + padding.count + 2, isLast: false))
        }
        return ending.isEmpty || ending.elementsEqual([0x0D]) ? .undecided : .content
    }
}
