/// The two kinds of addresses.
package enum IPFamily: Hashable, Sendable, CaseIterable {
    case v4, v6
}

/// From where an address can be reached, as far as the address itself tells.
extension IPAddress {
    package var family: IPFamily { isIPv6 ? .v6 : .v4 }

    /// Only on one wire, where clouds keep the credentials of a machine.
    package var isLinkLocal: Bool {
        switch self {
        case .v4(let word): word >> 16 == 0xA9FE
        case .v6(let high, _): high >> 54 == 0xFE80 >> 6
        }
    }

    /// Of a host on the Internet: neither private, loopback nor link-local, nor set aside for something else.
    ///
    /// - Source: the special-purpose address registries of IANA (RFC 6890).
    package var isPublic: Bool {
        switch self {
        case .v4(let word): !Self.setAside.contains { word >> (32 - $0.bits) == $0.network >> (32 - $0.bits) }
        // 2000::/3, but neither Teredo nor 6to4, in which an IPv4 address hides, nor the one for books.
        case .v6(let high, _):
            high >> 61 == 1 && high >> 32 != 0x2001_0000 && high >> 48 != 0x2002
                && high >> 32 != 0x2001_0DB8
        }
    }

    private static let setAside: [(network: UInt32, bits: UInt32)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12),
        (0xC000_0000, 24), (0xC000_0200, 24), (0xC0A8_0000, 16), (0xC612_0000, 15), (0xC633_6400, 24),
        (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    ]
}
