import Glibc

/// An IPv4 or IPv6 address, as bytes in network order.
package enum IPAddress: Hashable, Sendable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// 4 or 16 bytes in network order; anything else is `nil`.
    ///
    /// An IPv4-mapped IPv6 address becomes IPv4.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4:
            self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let low = bytes.dropFirst(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let isMappedIPv4 = high == 0 && low >> 32 == 0xFFFF
            self = isMappedIPv4 ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
        default:
            return nil
        }
    }

    /// A literal such as `127.0.0.1` or `::1`; names are not looked up.
    ///
    /// A zone (`%eth0`) is not part of an address.
    package init?(_ literal: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, literal, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, literal, &six) == 1 {
            self.init(bytes: withUnsafeBytes(of: &six) { Array($0) })
        } else {
            return nil
        }
    }

    package var bytes: [UInt8] {
        switch self {
        case .v4(let word): Self.bytes(of: word)
        case .v6(let high, let low): Self.bytes(of: high) + Self.bytes(of: low)
        }
    }

    package var isIPv6: Bool {
        if case .v6 = self { true } else { false }
    }

    package var isLoopback: Bool {
        switch self {
        case .v4(let word): word >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// 0.0.0.0 or ::, which names no host.
    package var isUnspecified: Bool {
        switch self {
        case .v4(let word): word == 0
        case .v6(let high, let low): high == 0 && low == 0
        }
    }

    private static func bytes(of word: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: word.bigEndian) { Array($0) }
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = isIPv6 ? AF_INET6 : AF_INET
        _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Where a peer listens.
package struct PeerAddress: Hashable, Sendable {
    package let ip: IPAddress
    package let port: UInt16

    package init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// `127.0.0.1:6881` or `[::1]:6881`; `nil` for anything else and for port 0.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        let isBracketed = host.first == "[" && host.last == "]"
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let ip = IPAddress(String(host)), ip.isIPv6 == isBracketed else { return nil }
        self.init(ip: ip, port: port)
    }

    /// The 6 bytes of BEP 23 or the 18 of BEP 7; anything else is `nil`.
    package init?(compact bytes: some Collection<UInt8>) {
        guard bytes.count == 6 || bytes.count == 18, let ip = IPAddress(bytes: bytes.dropLast(2)) else { return nil }
        self.init(ip: ip, port: bytes.suffix(2).reduce(0) { $0 << 8 | UInt16($1) })
    }

    /// 6 bytes for IPv4 (BEP 23), 18 for IPv6 (BEP 7).
    package var compact: [UInt8] { ip.bytes + [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
}

extension PeerAddress: CustomStringConvertible {
    package var description: String { ip.isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}
