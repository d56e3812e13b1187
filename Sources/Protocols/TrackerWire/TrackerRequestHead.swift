/// The head of an HTTP request to the tracker, found in the bytes of a connection without a parser for all of HTTP.
///
///     GET /announce?… HTTP/1.1        also /scrape, both under /api/tracker, and both behind a passkey: /<passkey>/announce
///     Header: value                   Connection, and X-Forwarded-For, are looked at
///     <empty line>
///
/// Whatever differs from what trackers are asked (another method or path, a body, a folded or malformed header, more than
/// 8 KiB) is ``Verdict/other``: it belongs to the server behind.
///
/// - Source: RFC 9112.
package struct TrackerRequestHead: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// More bytes may make it one.
        case incomplete
        case other
        case request(TrackerRequestHead)
    }

    package enum Kind: Hashable, Sendable {
        case announce, scrape
    }

    package static let longest = 8 << 10

    package let kind: Kind
    /// Places in the bytes; empty when there is none.
    package let query: Range<Int>
    package let passkey: Range<Int>
    package fileprivate(set) var forwardedFor: Range<Int> = 0..<0
    package fileprivate(set) var isKeptAlive: Bool
    /// Whether an answer that keeps the connection must say so.
    package let isVersion10: Bool
    /// Of the whole head.
    package fileprivate(set) var length = 0

    /// Looks at the bytes of a connection from the beginning of a request.
    package static func read(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        let method: StaticString = "GET /"
        for index in 0..<min(bytes.count, 5) where bytes[index] != method.utf8Start[index] { return .other }
        let window = min(bytes.count, longest)
        var end = 4
        var mark = -1
        while end < window, case let byte = bytes[end], byte != UInt8(ascii: " ") {
            guard byte > 0x20, byte < 0x7F else { return .other }
            if byte == UInt8(ascii: "?"), mark < 0 { mark = end }
            end += 1
        }
        guard end < window else { return tooShort(bytes, window) }
        let pathEnd = mark < 0 ? end : mark
        guard let (kind, passkey) = route(bytes, 4..<pathEnd) else { return .other }
        let version: StaticString = " HTTP/1."
        for index in 0..<8 {
            guard end + index < window else { return tooShort(bytes, window) }
            guard bytes[end + index] == version.utf8Start[index] else { return .other }
        }
        guard end + 10 < window else { return tooShort(bytes, window) }
        let minor = bytes[end + 8]
        guard minor == UInt8(ascii: "0") || minor == UInt8(ascii: "1"), bytes[end + 9] == 13, bytes[end + 10] == 10
        else {
            return .other
        }
        var head = TrackerRequestHead(
            kind: kind,
            query: mark < 0 ? end..<end : mark + 1..<end,
            passkey: passkey,
            isKeptAlive: minor == UInt8(ascii: "1"),
            isVersion10: minor == UInt8(ascii: "0")
        )
        return head.readHeaders(bytes, from: end + 11, window)
    }

    private init(kind: Kind, query: Range<Int>, passkey: Range<Int>, isKeptAlive: Bool, isVersion10: Bool) {
        self.kind = kind
        self.query = query
        self.passkey = passkey
        self.isKeptAlive = isKeptAlive
        self.isVersion10 = isVersion10
    }

    private static func tooShort(_ bytes: UnsafeRawBufferPointer, _ window: Int) -> Verdict {
        window == longest ? .other : .incomplete
    }

    private static func route(_ bytes: UnsafeRawBufferPointer, _ path: Range<Int>) -> (Kind, passkey: Range<Int>)? {
        let whole = UnsafeRawBufferPointer(rebasing: bytes[path])
        if whole.isEqual("/announce") || whole.isEqual("/api/tracker/announce") { return (.announce, 0..<0) }
        if whole.isEqual("/scrape") || whole.isEqual("/api/tracker/scrape") { return (.scrape, 0..<0) }
        guard let slash = whole.dropFirst().firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let passkey = path.lowerBound + 1..<path.lowerBound + slash
        guard Passkey.isWellFormed(bytes[passkey]) else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: whole[slash...])
        return rest.isEqual("/announce") ? (.announce, passkey) : rest.isEqual("/scrape") ? (.scrape, passkey) : nil
    }

    // MARK: - Headers

    private mutating func readHeaders(_ bytes: UnsafeRawBufferPointer, from start: Int, _ window: Int) -> Verdict {
        var begin = start
        while true {
            var end = begin
            var colon = -1
            while end < window, case let byte = bytes[end], byte != 13 {
                if byte == UInt8(ascii: ":"), colon < 0 { colon = end }
                guard byte >= 0x20 && byte != 0x7F || byte == 9 else { return .other }
                end += 1
            }
            guard end + 1 < window else { return Self.tooShort(bytes, window) }
            guard bytes[end + 1] == 10 else { return .other }
            if end == begin {
                length = end + 2
                return .request(self)
            }
            guard colon > begin, take(bytes, begin..<colon, Self.trimmed(bytes, colon + 1..<end)) else { return .other }
            begin = end + 2
        }
    }

    /// Whether the header leaves this a request for us.
    private mutating func take(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>, _ value: Range<Int>) -> Bool {
        let name = UnsafeRawBufferPointer(rebasing: bytes[name])
        guard name.allSatisfy(Self.isToken) else { return false }
        let content = UnsafeRawBufferPointer(rebasing: bytes[value])
        switch name.count {
        case 6: return !name.isEqual("expect", ignoringCase: true)
        case 7: return !name.isEqual("upgrade", ignoringCase: true)
        case 10 where name.isEqual("connection", ignoringCase: true):
            if content.isEqual("close", ignoringCase: true) {
                isKeptAlive = false
            } else if content.isEqual("keep-alive", ignoringCase: true) {
                isKeptAlive = true
            } else {
                return false
            }
            return true
        case 14: return !name.isEqual("content-length", ignoringCase: true)
        case 15 where name.isEqual("x-forwarded-for", ignoringCase: true):
            forwardedFor = value
            return true
        case 17: return !name.isEqual("transfer-encoding", ignoringCase: true)
        default: return true
        }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, bytes[low] == 0x20 || bytes[low] == 9 { low += 1 }
        while low < high, bytes[high - 1] == 0x20 || bytes[high - 1] == 9 { high -= 1 }
        return low..<high
    }
}

/// The secret in the announce URL of a member of a private tracker.
package enum Passkey {
    /// 8 to 64 letters, digits, `-` and `_`.
    package static func isWellFormed(_ bytes: some Collection<UInt8>) -> Bool {
        (8...64).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The passkey of a path such as `/<passkey>/announce?…`, as UDP clients send it (BEP 41).
    package static func of(path: [UInt8]) -> [UInt8]? {
        let parts = path.prefix { $0 != UInt8(ascii: "?") }
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, isWellFormed(parts[1]) else { return nil }
        return Array(parts[1])
    }
}

extension UnsafeRawBufferPointer {
    /// The text is in lower case when the case is ignored.
    fileprivate func isEqual(_ text: StaticString, ignoringCase: Bool = false) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            var byte = self[index]
            if ignoringCase, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { byte |= 0x20 }
            guard byte == text.utf8Start[index] else { return false }
        }
        return true
    }
}
